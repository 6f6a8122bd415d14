import { Button } from "@mantine/core";
import { CircleCheck, CircleHelp, CircleX, Lightbulb, type LucideIcon, RefreshCw } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { Loading, NumberPage } from "../admin/NumberPage";
import { Notice } from "../admin/SaveBar";
import { useNow_s } from "../desk/useNow";
import { moment } from "../i18n/format";
import { readinessPtBR } from "../i18n/readiness/pt-BR";
import { writeAmount } from "../number/decimal";
import styles from "./ReadinessPage.module.css";
import {
  byArea,
  type Check,
  type CheckState,
  mendedAt,
  type Readiness,
  type Shown,
  shownAs,
  useCheckAgain,
  useReadiness,
} from "./readiness";

/** Everything that a number needs to work: what is there, what is missing, and how to mend it. */
export function ReadinessPage() {
  return <NumberPage page="readiness">{(number) => <ReadinessOf key={number.id} number={number.id} />}</NumberPage>;
}

function ReadinessOf({ number }: { number: number }) {
  const { t } = useTranslation();
  const found = useReadiness(number);
  if (found.data === undefined) return <Loading query={found} />;
  return (
    <div className={styles.page}>
      {found.isError ? (
        <Notice tone="warn" testid="readiness-old">
          {t("numbers.old")}
        </Notice>
      ) : null}
      <Summary number={number} found={found.data} />
      {byArea(found.data.checks).map(([area, checks]) => (
        <section key={area} aria-labelledby={`area-${area}`}>
          <h2 id={`area-${area}`}>{t(`readiness.area.${area}`)}</h2>
          <ul className={styles.checks}>
            {checks.map((check, place) => (
              <CheckRow key={`${check.code}-${place}`} number={number} check={check} />
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function Summary({ number, found }: { number: number; found: Readiness }) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  const again = useCheckAgain(number);
  const missing = found.checks.filter((check) => shownAs(check) === "missing").length;
  const unknown = found.checks.filter((check) => shownAs(check) === "unknown").length;
  const nothing = unknown === 0 ? t("readiness.allFine") : t("readiness.unknownCount", { count: unknown });
  return (
    <div className={styles.summary}>
      <div className={styles.ways}>
        <Way name={t("readiness.in")} state={found.calls_in} testid="calls-in" />
        <Way name={t("readiness.out")} state={found.calls_out} testid="calls-out" />
      </div>
      <div className={styles.words}>
        <p role="status" data-testid="readiness-count" data-missing={missing}>
          {missing === 0 ? nothing : t("readiness.missingCount", { count: missing })}
        </p>
        <p className={styles.faint}>
          {found.meta_at === null
            ? t("readiness.metaNever")
            : t("readiness.metaAt", { when: moment(Date.parse(found.meta_at) / 1000, now_s, i18n.language) })}
        </p>
      </div>
      <Button
        variant="default"
        size="sm"
        leftSection={<RefreshCw size={16} aria-hidden="true" />}
        loading={again.isPending}
        onClick={() => again.mutate()}
        data-testid="check-again"
      >
        {t("readiness.again")}
      </Button>
      {again.isError ? (
        <p role="alert" className={styles.trouble}>
          {t("admin.unreachable")}
        </p>
      ) : null}
    </div>
  );
}

const ICONS: Record<Shown, LucideIcon> = {
  fine: CircleCheck,
  missing: CircleX,
  unknown: CircleHelp,
  advice: Lightbulb,
};

function Way({ name, state, testid }: { name: string; state: CheckState; testid: string }) {
  const { t } = useTranslation();
  const Icon = ICONS[state];
  return (
    <p className={styles.way} data-state={state} data-testid={testid}>
      <Icon size={20} aria-hidden="true" />
      <span>
        {name}
        <strong>{t(`readiness.works.${state}`)}</strong>
      </span>
    </p>
  );
}

function CheckRow({ number, check }: { number: number; check: Check }) {
  const { t } = useTranslation();
  const shown = shownAs(check);
  const Icon = ICONS[shown];
  const code = known(readinessPtBR.checks, check.code);
  const found = known(readinessPtBR.found, `${check.code}_${check.why}`);
  const mended = shown === "fine" ? null : mendedAt(number, check.code);
  return (
    <li className={styles.check} data-state={shown} data-testid="check" data-code={check.code}>
      <Icon size={20} aria-hidden="true" />
      <div>
        <p className={styles.title}>
          <strong>{code === null ? check.code : t(`readiness.checks.${code}.title`)}</strong>
          <span className={styles.state}>{t(`readiness.state.${shown}`)}</span>
        </p>
        {found === null ? null : <p>{t(`readiness.found.${found}`)}</p>}
        <Figures check={check} />
        {code === null || shown === "fine" ? null : (
          <>
            <p>
              {t(`readiness.checks.${code}.matters`)}{" "}
              {shown === "unknown" && check.needed === "advice" ? null : t(`readiness.needed.${check.needed}`)}
            </p>
            <p className={styles.fix}>{t(`readiness.checks.${code}.fix`)}</p>
          </>
        )}
        {mended === null ? null : (
          <Link to={mended.path} className={styles.go}>
            {t(`readiness.goTo.${mended.place}`)}
          </Link>
        )}
      </div>
    </li>
  );
}

/** The figures of a check, where it has any. */
function Figures({ check: { data } }: { check: Check }) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  const when = (value: string | number) => moment(Date.parse(String(value)) / 1000, now_s, i18n.language);
  const figure = (value: string | number) => Number(value).toLocaleString(i18n.language);
  const said = [
    data.name === undefined ? null : String(data.name),
    data.country === undefined ? null : countryName(String(data.country), i18n.language),
    data.count === undefined ? null : t("readiness.count", { count: Number(data.count) }),
    data.least === undefined
      ? null
      : t("readiness.limit", { limit: figure(data.limit ?? 0), least: figure(data.least) }),
    data.at === undefined ? null : t("readiness.lastAt", { when: when(data.at) }),
    data.amount === undefined || data.floor === undefined
      ? null
      : t("readiness.balance", {
          amount: writeAmount(String(data.amount), i18n.language),
          currency: String(data.currency),
          floor: writeAmount(String(data.floor), i18n.language),
        }),
    data.until === undefined ? null : t("readiness.until", { when: when(data.until) }),
  ].filter((words) => words !== null);
  const support = data.failure ?? data.kind;
  if (said.length === 0 && support === undefined) return null;
  return (
    <p className={styles.faint}>
      {said.join(" ")} {support === undefined ? null : <small>{t("readiness.code", { code: support })}</small>}
    </p>
  );
}

function countryName(code: string, language: string): string {
  return new Intl.DisplayNames([language], { type: "region", fallback: "code" }).of(code) ?? code;
}

/** A key of the texts; null for one that these pages do not know, such as a newer gateway's. */
function known<Texts extends object>(texts: Texts, key: string): keyof Texts | null {
  return Object.hasOwn(texts, key) ? (key as keyof Texts) : null;
}
