import { useTranslation } from "react-i18next";
import styles from "./Brand.module.css";

/** A line that branches: an extension. */
export function BrandMark({ size = 32 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" className={styles.mark}>
      <rect width="32" height="32" rx="9" />
      <path d="M9 24V8.5M9 15.5h6.2a5 5 0 0 1 5 5V24M9 15.5h6.2a5 5 0 0 0 5-5V8" />
      <circle cx="20.2" cy="8" r="2.6" />
    </svg>
  );
}

export function Brand() {
  const { t } = useTranslation();
  return (
    <h1 className={styles.brand}>
      <BrandMark size={36} />
      {t("app.name")}
    </h1>
  );
}
