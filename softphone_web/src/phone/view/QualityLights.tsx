import { Mic, MicOff, User, Wifi } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { CurrentCall } from "../../contract/messages";
import { useDesk } from "../../desk/DeskProvider";
import { qualityOf } from "../../desk/desk";
import styles from "./QualityLights.module.css";

/** Own microphone, own network, the customer's side: word, colour and shape. Its place is kept while nothing is known and
 * on hold: the buttons under it must not move to where another one was. */
export function QualityLights({ call }: { call: CurrentCall }) {
  const { t } = useTranslation();
  const quality = qualityOf(useDesk(), call);
  if (call.phase !== "talking" && call.phase !== "reattaching") return null;
  const now = call.phase === "talking" && !call.held ? quality : null;
  const isOff = now !== null && now.microphone === null;
  const lights = [
    { of: "microphone", light: isOff ? "off" : now?.microphone, icon: isOff ? MicOff : Mic },
    { of: "network", light: now?.network, icon: Wifi },
    { of: "customer", light: now?.customer, icon: User },
  ] as const;
  return (
    <ul className={styles.lights} aria-label={t("quality.label")} data-testid="quality-lights">
      {lights.map(({ of, light, icon: Icon }) => (
        <li key={of} className={styles.light} data-light={light ?? "unknown"} data-testid={`quality-${of}`}>
          <Icon size={15} aria-hidden="true" />
          <span>{t(`quality.of.${of}`)}</span>
          <span className={styles.word}>{light ? t(`quality.light.${light}`) : t("none")}</span>
        </li>
      ))}
    </ul>
  );
}
