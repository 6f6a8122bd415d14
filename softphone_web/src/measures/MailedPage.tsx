import "../i18n/leaders";
import "../i18n/systems";
import { Loader } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useSession } from "../session/session";
import { ForLeaders } from "../shell/ForLeaders";
import { MailedReports } from "../system/ReportsPage";
import styles from "../system/System.module.css";
import { MeasuresHead } from "./MeasuresHead";
import { readWish } from "./measures";

/** Measures by e-mail, where supervisors work: administrators find the same list on the page of systems. */
export function MailedPage() {
  const { t } = useTranslation();
  const session = useSession();
  if (session.isPending) return <Loader size="sm" aria-label={t("shell.loading")} />;
  if (session.data === null || session.data?.me.role === "agent") return <ForLeaders />;
  return (
    <section className={styles.page} aria-labelledby="measures-title" data-testid="measures-reports">
      <MeasuresHead title={t("measures.mailed.title")} here="mailed" wish={readWish("")} />
      <p className={styles.intro}>{t("measures.mailed.intro")}</p>
      <MailedReports />
    </section>
  );
}
