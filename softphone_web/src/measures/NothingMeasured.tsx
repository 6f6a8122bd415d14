import { ChartColumn } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useLocation, useSearch } from "wouter";
import { Empty, Go, TowardsCalls } from "../shell/Empty";
import { readWish, SPANS_DAYS, type View, writeWish } from "./measures";

const WORDS = {
  calls: "measures.none",
  permissions: "measures.permissions.none",
  quality: "measures.quality.none",
  costs: "measures.costs.none",
} as const satisfies Record<View, string>;

/** A view without a figure: a longer span may have one; where there is none longer, calls have to come first. */
export function NothingMeasured({ view }: { view: View }) {
  const { t } = useTranslation();
  const wish = readWish(useSearch());
  const [path] = useLocation();
  const longer = SPANS_DAYS.find((days) => days > wish.days);
  return (
    <Empty icon={ChartColumn} title={t(`empty.title.${view}`)} words={t(WORDS[view])} testid="measures-none">
      {longer === undefined ? (
        <TowardsCalls />
      ) : (
        <Go to={`${path}?${writeWish({ ...wish, days: longer })}`}>{t("empty.go.longer", { days: longer })}</Go>
      )}
    </Empty>
  );
}
