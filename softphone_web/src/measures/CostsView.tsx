import { Calculator } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { useSession } from "../session/session";
import styles from "./MeasuresPage.module.css";
import { complete, type Group } from "./measures";
import { NothingMeasured } from "./NothingMeasured";
import { amountOf, type CostLine, type Costs, currenciesOf, FREE, money, placeName } from "./others";
import { Chart, type Column, FILL, LinesTable, Tile, useWords } from "./parts";

const FILLS = [FILL.good, FILL.rest, FILL.warn, FILL.brand, FILL.bad];

/** What calls of ours may cost, by the table of rates. Clearly an estimate. */
export function CostsView({ answer, by }: { answer: Costs; by: Group }) {
  const { t } = useTranslation();
  const words = useWords();
  const isAdministrator = useSession().data?.me.role === "administrator";
  const { total } = answer;
  const estimate = (
    <div className={styles.estimate} role="note" data-testid="costs-estimate">
      <Calculator size={18} aria-hidden="true" />
      <span>
        {t("measures.costs.estimate")} {answer.rates === 0 ? t("measures.costs.noRates") : null}{" "}
        {isAdministrator ? <Link to="/system/rates">{t("measures.costs.rates")}</Link> : null}
      </span>
    </div>
  );
  if (total.calls === 0) {
    return (
      <>
        {estimate}
        <NothingMeasured view="costs" />
      </>
    );
  }
  const currencies = currenciesOf(answer);
  const shown = (amount: string | null, currency: string): string =>
    amount === null ? "–" : money(amount, currency, words.language);
  const columns: Column<CostLine>[] = [
    {
      key: "calls",
      name: t("measures.costs.of.calls"),
      shown: ({ cost }) => words.count(cost.calls),
      plain: ({ cost }) => cost.calls,
    },
    {
      key: "minutes",
      name: t("measures.costs.of.minutes"),
      shown: ({ cost }) => words.decimal(Number(cost.minutes)),
      plain: ({ cost }) => cost.minutes,
    },
    ...currencies.map(
      (currency): Column<CostLine> => ({
        key: currency,
        name: t("measures.costs.of.amount", { currency }),
        shown: ({ cost }) => shown(amountOf(cost, currency), currency),
        plain: ({ cost }) => amountOf(cost, currency),
      }),
    ),
    {
      key: "unpriced",
      name: t("measures.costs.of.unpriced"),
      shown: ({ cost }) => words.decimal(Number(cost.unpriced_minutes)),
      plain: ({ cost }) => cost.unpriced_minutes,
    },
  ];
  const lines = complete<CostLine>(answer, by, new Date(), FREE);
  const name = (line: CostLine): string => words.group(by, line);
  return (
    <>
      {estimate}
      <dl className={styles.tiles}>
        {currencies.map((currency) => (
          <Tile
            key={currency}
            name={`cost-${currency}`}
            label={t("measures.costs.of.amount", { currency })}
            value={shown(amountOf(total, currency), currency)}
          />
        ))}
        <Tile name="cost-calls" label={t("measures.costs.of.calls")} value={words.count(total.calls)} />
        <Tile
          name="cost-minutes"
          label={t("measures.costs.of.minutes")}
          value={words.decimal(Number(total.minutes))}
          hint={t("measures.costs.pulses")}
        />
        {total.unpriced_calls === 0 ? null : (
          <Tile
            name="cost-unpriced"
            label={t("measures.costs.of.unpriced")}
            value={words.decimal(Number(total.unpriced_minutes))}
            hint={t("measures.costs.unpriced", { calls: words.count(total.unpriced_calls) })}
          />
        )}
      </dl>
      <div className={styles.charts}>
        {currencies.map((currency, at) => (
          <Chart
            key={currency}
            question={t("measures.costs.ask", { currency })}
            whole={false}
            format={(value) => words.decimal(value, 4)}
            // Bars are drawn with what a screen can show; the table has every digit.
            rows={lines.map((line) => ({ name: name(line), amount: Number(amountOf(line.cost, currency) ?? "0") }))}
            series={[
              {
                key: "amount",
                name: t("measures.costs.of.amount", { currency }),
                fill: FILLS[at % FILLS.length] ?? FILL.good,
              },
            ]}
          />
        ))}
      </div>
      <LinesTable
        id="costs-table"
        title={t(`measures.groups.${by}`)}
        first={name}
        lines={lines}
        columns={columns}
        testid="costs"
        file={`ramal-costs-${by}`}
      />
      <LinesTable
        id="costs-places-table"
        title={t("measures.costs.byCountry")}
        first={({ key }) =>
          key === null || key === "" ? t("measures.costs.unknownCountry") : placeName(key, words.language)
        }
        lines={answer.destinations}
        columns={columns}
        testid="costs-country"
        file="ramal-costs-country"
      />
    </>
  );
}
