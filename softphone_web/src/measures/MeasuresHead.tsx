import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import admin from "../admin/Admin.module.css";
import { VIEWS, type View, type Wish, writeWish } from "./measures";

/** Where reports by e-mail are written by those who lead. */
const MAILED = "/measures/reports";

interface MeasuresHeadProps {
  title: string;
  here: View | "mailed";
  /** What is looked at, which another view of it keeps. */
  wish: Wish;
}

/** The head of the pages about measures, and the way from each to the others. */
export function MeasuresHead({ title, here, wish }: MeasuresHeadProps) {
  const { t } = useTranslation();
  return (
    <div className={admin.head}>
      <h1 id="measures-title">{title}</h1>
      <nav className={admin.tabs} aria-label={t("measures.views")}>
        {VIEWS.map((view) => (
          <Link
            key={view}
            to={`/measures?${writeWish({ ...wish, view })}`}
            aria-current={view === here ? "page" : undefined}
            data-testid={`measures-view-${view}`}
          >
            {t(`measures.view.${view}`)}
          </Link>
        ))}
        <Link to={MAILED} aria-current={here === "mailed" ? "page" : undefined} data-testid="measures-mailed">
          {t("measures.mailed.tab")}
        </Link>
      </nav>
    </div>
  );
}
