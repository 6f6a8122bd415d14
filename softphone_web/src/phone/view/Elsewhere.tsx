import { Button } from "@mantine/core";
import { AppWindow } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useDesk, usePhone } from "../../desk/DeskProvider";
import { timeOfDay } from "../../i18n/format";
import styles from "./Elsewhere.module.css";

export function Elsewhere() {
  const { t, i18n } = useTranslation();
  const desk = useDesk();
  const phone = usePhone();
  const since_unix_s = desk.state?.phone_since_unix_s ?? null;
  const hasCall = (desk.state?.call ?? null) !== null;
  return (
    <section className={styles.card} aria-labelledby="elsewhere-title" data-testid="phone-elsewhere">
      <AppWindow size={30} strokeWidth={1.6} aria-hidden="true" />
      <h3 id="elsewhere-title">{t("elsewhere.title")}</h3>
      <p>
        {since_unix_s === null
          ? t("elsewhere.body")
          : t("elsewhere.since", { time: timeOfDay(since_unix_s, i18n.language) })}
      </p>
      {hasCall ? <p>{t("elsewhere.inCall")}</p> : null}
      <Button
        fullWidth
        size="md"
        loading={desk.preparing}
        disabled={desk.link !== "connected"}
        onClick={() => void phone.takeOver()}
        data-testid="takeover-button"
      >
        {t("elsewhere.takeOver")}
      </Button>
    </section>
  );
}
