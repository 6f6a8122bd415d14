import { Button, Loader } from "@mantine/core";
import { Gauge } from "lucide-react";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { useDesk } from "../desk/DeskProvider";
import { Empty, Go } from "../shell/Empty";
import { Trouble } from "../shell/Trouble";
import { useStandings } from "../standing/standing";
import { type Budget, shareOf, strainOf, useCapacity } from "./capacity";
import styles from "./NumbersPage.module.css";

const LineStanding = lazy(async () => ({ default: (await import("../standing/LineStanding")).LineStanding }));
const LinkedDevices = lazy(async () => ({ default: (await import("./LinkedDevices")).LinkedDevices }));

/** Our numbers, a row each: their load against what Meta allows, live, and for administrators how they stand there. */
export function NumbersPage() {
  const { t } = useTranslation();
  const capacity = useCapacity();
  const { data } = capacity;
  const isAdministrator = useDesk().state?.me.role === "administrator";
  const standings = useStandings(isAdministrator);
  return (
    <section className={styles.page} aria-labelledby="numbers-title" data-testid="numbers">
      <div className={styles.head}>
        <h1 id="numbers-title">{t("numbers.title")}</h1>
        {isAdministrator ? (
          <Button component={Link} to="/numbers/new" size="sm" variant="default" data-testid="add-number">
            {t("numbers.add")}
          </Button>
        ) : null}
      </div>
      {capacity.isError ? (
        <Trouble
          words={t(data ? "numbers.old" : "numbers.unreachable")}
          retry={capacity.refetch}
          testid="numbers-trouble"
        />
      ) : null}
      {standings.isError ? (
        <Trouble words={t("numbers.standingUnreachable")} retry={standings.refetch} testid="standings-trouble" />
      ) : null}
      {capacity.isPending ? <Loader size="sm" aria-label={t("shell.loading")} /> : null}
      {data?.numbers.length === 0 ? (
        <Empty icon={Gauge} title={t("empty.title.numbers")} words={t("numbers.none")} testid="numbers-none">
          {isAdministrator ? <Go to="/numbers/new">{t("empty.go.addNumber")}</Go> : t("empty.ask.number")}
        </Empty>
      ) : null}
      <ul className={styles.numbers}>
        {data?.numbers.map((number) => (
          <li key={number.number_id} className={styles.number} data-testid="number" data-number-id={number.number_id}>
            <h2>{number.label}</h2>
            {number.disabled ? <p className={styles.off}>{t("numbers.disabled")}</p> : null}
            <p className={styles.department}>{number.department ?? t("numbers.noDepartment")}</p>
            <Suspense fallback={null}>
              {standings.data
                ?.filter(({ id }) => id === number.number_id)
                .map((standing) => (
                  <LineStanding key={standing.id} standing={standing} />
                ))}
            </Suspense>
            <div className={styles.meters}>
              <Meter of="inbound" budget={number.inbound} />
              <Meter of="outbound" budget={number.outbound} />
              <Meter of="initiations" budget={number.initiations} />
            </div>
            {isAdministrator ? (
              <p className={styles.ways}>
                <Link to={`/numbers/${number.number_id}/settings`} data-testid="number-settings">
                  {t("numbers.page.settings")}
                </Link>
                <Link to={`/numbers/${number.number_id}/readiness`} data-testid="number-readiness">
                  {t("numbers.page.readiness")}
                </Link>
                <Link to={`/numbers/${number.number_id}/plan`} data-testid="number-plan">
                  {t("numbers.page.plan")}
                </Link>
                <Link to={`/numbers/${number.number_id}/hours`} data-testid="number-hours">
                  {t("numbers.page.hours")}
                </Link>
              </p>
            ) : null}
          </li>
        ))}
      </ul>
      <Suspense fallback={null}>
        <LinkedDevices isAdministrator={isAdministrator} />
      </Suspense>
      {data?.process ? (
        <div className={styles.number} data-testid="process">
          <h2>{t("numbers.process")}</h2>
          <p className={styles.department}>{t("numbers.processHint")}</p>
          {PROCESS.map((what) => {
            const budget = data.process?.[what];
            return budget === undefined ? null : <Meter key={what} of={what} budget={budget} />;
          })}
        </div>
      ) : null}
    </section>
  );
}

const PROCESS = ["calls", "ports", "descriptors", "cpu"] as const;
type What = "inbound" | "outbound" | "initiations" | (typeof PROCESS)[number];

/** A word, a bar, and the figures: the bar alone says nothing to who cannot see it or its colour. */
function Meter({ of, budget }: { of: What; budget: Budget }) {
  const { t, i18n } = useTranslation();
  const strain = strainOf(budget);
  const figure = (n: number) => n.toLocaleString(i18n.language);
  const unit = of === "cpu" ? " %" : "";
  const figures =
    budget.limit === null
      ? t("numbers.unlimited", { used: figure(budget.used) + unit })
      : t("numbers.figures", { used: figure(budget.used) + unit, limit: figure(budget.limit) + unit });
  return (
    <div className={styles.meter} data-strain={strain} data-testid={`meter-${of}`}>
      <span className={styles.what}>{t(`numbers.of.${of}`)}</span>
      <span className={styles.bar} aria-hidden="true">
        <span style={{ width: `${100 * shareOf(budget)}%` }} />
      </span>
      <span className={styles.figures}>{figures}</span>
      {strain === "fine" ? null : <strong className={styles.strain}>{t(`numbers.strain.${strain}`)}</strong>}
    </div>
  );
}
