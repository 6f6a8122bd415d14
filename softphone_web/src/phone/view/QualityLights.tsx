import { Mic, MicOff, User, Wifi } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { CurrentCall } from "../../contract/messages";
import { useDesk } from "../../desk/DeskProvider";
import { qualityOf } from "../../desk/desk";
import styles from "./QualityLights.module.css";

/** Own microphone, own network, the customer's side: word, colour and shape. Nothing before the first word of it. */
export function QualityLights({ call }: { call: CurrentCall }) {
  const { t } = useTranslation();
  const quality = qualityOf(useDesk(), call);
  if (quality === null || call.phase !== "talking" || call.held) return null;
  const lights = [
    { of: "microphone", light: quality.microphone ?? "off", icon: quality.microphone === null ? MicOff : Mic },
    { of: "network", light: quality.network, icon: Wifi },
    { of: "customer", light: quality.customer, icon: User },
  ] as const;
  return (
    <ul className={styles.lights} aria-label={t("quality.label")} data-testid="quality-lights">
      {lights.map(({ of, light, icon: Icon }) => (
        <li key={of} className={styles.light} data-light={light} data-testid={`quality-${of}`}>
          <Icon size={15} aria-hidden="true" />
          <span>{t(`quality.of.${of}`)}</span>
          <span className={styles.word}>{t(`quality.light.${light}`)}</span>
        </li>
      ))}
    </ul>
  );
}
