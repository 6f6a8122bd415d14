import "../i18n/systems";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import admin from "../admin/Admin.module.css";
import { ForAdministrators } from "../admin/Granted";
import styles from "./System.module.css";

const TABS = {
  keys: "/system",
  events: "/system/events",
  reports: "/system/reports",
  retention: "/system/retention",
  rates: "/system/rates",
  reasons: "/system/reasons",
  jobs: "/system/jobs",
  audit: "/system/audit",
} as const;
type Tab = keyof typeof TABS;

interface SystemPageProps {
  page: Tab;
  children: ReactNode;
}

/** A page about systems beside this one: its head, the way to its neighbours, and its content. */
export function SystemPage({ page, children }: SystemPageProps) {
  const { t } = useTranslation();
  return (
    <ForAdministrators why={t("system.grant")}>
      <section className={styles.page} aria-labelledby="system-title" data-testid={`system-${page}`}>
        <div className={admin.head}>
          <h1 id="system-title">{t(`system.${page}.title`)}</h1>
          <nav className={`${admin.tabs} ${styles.tabs}`} aria-label={t("system.pages")}>
            {(Object.keys(TABS) as Tab[]).map((tab) => (
              <Link
                key={tab}
                to={TABS[tab]}
                aria-current={tab === page ? "page" : undefined}
                data-testid={`system-tab-${tab}`}
              >
                {t(`system.tabs.${tab}`)}
              </Link>
            ))}
          </nav>
        </div>
        <p className={styles.intro}>{t(`system.${page}.intro`)}</p>
        {children}
      </section>
    </ForAdministrators>
  );
}
