import { ShieldAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import styles from "./ForLeaders.module.css";

/** Instead of a page that supervisors have: which role is missing, and who can give it. */
export function ForLeaders() {
  const { t } = useTranslation();
  return (
    <section className={styles.missing} aria-labelledby="role-missing" data-testid="grant-missing">
      <ShieldAlert size={30} strokeWidth={1.5} aria-hidden="true" />
      <h1 id="role-missing">{t("shell.forLeaders.title")}</h1>
      <p>{t("shell.forLeaders.body")}</p>
    </section>
  );
}
