import "../i18n/leaders";
import { Loader, NativeSelect } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useLocation, useSearch } from "wouter";
import { useChoices, useZone } from "../history/history";
import { zoneName } from "../history/words";
import { Trouble } from "../shell/Trouble";
import { CallsView } from "./CallsView";
import { CostsView } from "./CostsView";
import { MeasuresHead } from "./MeasuresHead";
import styles from "./MeasuresPage.module.css";
import {
  type Answer,
  GROUPS,
  type Line,
  readWish,
  SPANS_DAYS,
  useMeasured,
  useMeasuredAgents,
  type Wish,
  writeWish,
} from "./measures";
import { PermissionsView } from "./PermissionsView";
import { QualityView } from "./QualityView";

/** How well calls are answered and sound, what came of permissions, and what it may cost. What is looked at stands in
 * the address, and survives a reload. */
export function MeasuresPage() {
  const { t, i18n } = useTranslation();
  const search = useSearch();
  const [path, navigate] = useLocation();
  const wish = readWish(search);
  const zone = useZone();
  const choose = (changes: Partial<Wish>): void =>
    navigate(`${path}?${writeWish({ ...wish, ...changes })}`, { replace: true });
  return (
    <section className={styles.page} aria-labelledby="measures-title" data-testid="measures">
      <MeasuresHead title={t("measures.title")} here={wish.view} wish={wish} />
      <Choices wish={wish} choose={choose} />
      <p className={styles.zone}>{t("measures.zone", { zone: zoneName(zone, i18n.language, new Date()) })}</p>
      {/* Another question is another answer, and not the last one for a while. */}
      <Answered key={wish.view} wish={wish} zone={zone} />
    </section>
  );
}

interface ChoicesProps {
  wish: Wish;
  choose: (changes: Partial<Wish>) => void;
}

function Choices({ wish, choose }: ChoicesProps) {
  const { t } = useTranslation();
  const choices = useChoices().data;
  const agents = useMeasuredAgents().data ?? [];
  const places = [
    ["number", (choices?.numbers ?? []).map(({ id, label }) => ({ value: String(id), label }))],
    ["department", (choices?.departments ?? []).map(({ id, name }) => ({ value: String(id), label: name }))],
    ["agent", agents.map(({ id, name }) => ({ value: String(id), label: name }))],
  ] as const;
  return (
    <div className={styles.choices}>
      <NativeSelect
        aria-label={t("measures.span")}
        value={String(wish.days)}
        onChange={({ currentTarget: { value } }) =>
          choose({ days: SPANS_DAYS.find((known) => String(known) === value) ?? wish.days })
        }
        data={SPANS_DAYS.map((days) => ({
          value: String(days),
          label: days === 1 ? t("measures.today") : t("measures.lastDays", { days }),
        }))}
        data-testid="measures-span"
      />
      <NativeSelect
        aria-label={t("measures.by")}
        value={wish.by}
        onChange={({ currentTarget: { value } }) => choose({ by: GROUPS.find((known) => known === value) ?? wish.by })}
        data={GROUPS.map((by) => ({ value: by, label: t(`measures.groups.${by}`) }))}
        data-testid="measures-by"
      />
      {places.map(([place, data]) => (
        <NativeSelect
          key={place}
          aria-label={t(`measures.${place}`)}
          value={wish[place]}
          onChange={({ currentTarget: { value } }) => choose({ [place]: value })}
          data={[{ value: "", label: t(`measures.all.${place}`) }, ...data]}
          data-testid={`measures-${place}`}
        />
      ))}
    </div>
  );
}

interface AnsweredProps {
  wish: Wish;
  zone: string;
}

function Answered({ wish, zone }: AnsweredProps) {
  const { t } = useTranslation();
  const found = useMeasured<Answer<Line>>(wish, zone);
  if (found.data === undefined) {
    if (found.isError) {
      return <Trouble words={t("measures.unreachable")} retry={found.refetch} testid="measures-trouble" />;
    }
    return <Loader size="sm" aria-label={t("shell.loading")} />;
  }
  const View = SHOWN[wish.view];
  return (
    <>
      {found.isError ? (
        <Trouble words={t("measures.unreachable")} retry={found.refetch} testid="measures-trouble" />
      ) : null}
      <div data-stale={found.isPlaceholderData || undefined} className={styles.shown}>
        <View answer={found.data as never} by={wish.by} ofAgent={wish.by === "agent" || wish.agent !== ""} />
      </div>
    </>
  );
}

const SHOWN = { calls: CallsView, permissions: PermissionsView, quality: QualityView, costs: CostsView };
