import { VisuallyHidden } from "@mantine/core";
import { Wifi, WifiOff } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useDesk } from "../../desk/DeskProvider";
import styles from "./ConnectionLight.module.css";

/** Small, because the bar beside it says the same in words when the link is lost. */
export function ConnectionLight() {
  const { t } = useTranslation();
  const { link } = useDesk();
  const connected = link === "connected";
  const Icon = connected ? Wifi : WifiOff;
  return (
    <span
      className={styles.light}
      role="status"
      title={t(`link.${link}`)}
      data-testid="connection-light"
      data-connected={connected}
    >
      <Icon size={16} aria-hidden="true" />
      <VisuallyHidden>{t(`link.${link}`)}</VisuallyHidden>
    </span>
  );
}
