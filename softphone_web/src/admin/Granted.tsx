import { Loader } from "@mantine/core";
import { ShieldAlert } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import "../i18n/administrators";
import { useSession } from "../session/session";
import styles from "./Admin.module.css";

interface ForAdministratorsProps {
  children: ReactNode;
  /** What only they do, and who can give the role; without it, what is said of numbers. */
  why?: string;
}

/** Its children for administrators; everybody else reads which role is missing. The gateway refuses by itself. */
export function ForAdministrators({ children, why }: ForAdministratorsProps) {
  const { t } = useTranslation();
  const session = useSession();
  if (session.isPending) return <Loader size="sm" aria-label={t("shell.loading")} />;
  return session.data?.me.role === "administrator" ? children : <GrantMissing why={why} />;
}

export function GrantMissing({ why }: { why?: string | undefined }) {
  const { t } = useTranslation();
  return (
    <section className={styles.missing} aria-labelledby="grant-missing" data-testid="grant-missing">
      <ShieldAlert size={30} strokeWidth={1.5} aria-hidden="true" />
      <h1 id="grant-missing">{t("admin.grant.title")}</h1>
      <p>{why ?? t("admin.grant.body")}</p>
    </section>
  );
}
