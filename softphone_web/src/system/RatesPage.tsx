import { Button, FileButton, Textarea } from "@mantine/core";
import { Calculator, Download, FileUp, Pencil } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Loading } from "../admin/NumberPage";
import { AskBeforeLeaving } from "../admin/SaveBar";
import { useNow_s } from "../desk/useNow";
import { moment } from "../i18n/format";
import { save } from "../measures/measures";
import { money, placeName } from "../measures/others";
import { ApiError } from "../session/api";
import { Empty } from "../shell/Empty";
import { useAskBeforeLeaving } from "../shell/leaving";
import { DeedTrouble } from "./ChooseSome";
import { troubleText } from "./deeds";
import {
  FILE_LIMIT_BYTES,
  problemsOf,
  problemText,
  type RateLine,
  type Rates,
  SAMPLE,
  useRates,
  useWriteRates,
} from "./rates";
import styles from "./System.module.css";
import { SystemPage } from "./SystemPage";

const SHOWN = 200;

/** What Meta charges per minute, by country: looked at, downloaded, and written whole as CSV. */
export function RatesPage() {
  return (
    <SystemPage page="rates">
      <Kept />
    </SystemPage>
  );
}

function Kept() {
  const found = useRates();
  return found.data === undefined ? <Loading query={found} /> : <Table kept={found.data} />;
}

function Table({ kept }: { kept: Rates }) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  const [writing, setWriting] = useState(false);
  const [saved, setSaved] = useState(false);
  const close = (now: boolean): void => {
    setWriting(false);
    setSaved(now);
  };
  const about =
    kept.written_at === null
      ? null
      : t("rates.version", {
          version: kept.version,
          who: kept.written_by ?? t("rates.somebody"),
          when: moment(Date.parse(kept.written_at) / 1000, now_s, i18n.language),
        });
  const empty = kept.rates.length === 0 && !writing;
  const begin = (
    <Button
      size="sm"
      leftSection={<Pencil size={16} aria-hidden="true" />}
      disabled={writing}
      onClick={() => setWriting(true)}
      data-testid="rates-edit"
    >
      {t(kept.rates.length === 0 ? "rates.begin" : "rates.edit")}
    </Button>
  );
  return (
    <section className={styles.card} aria-label={t("system.rates.title")}>
      <div className={styles.head}>
        <p role="status" className={styles.done} data-testid="rates-saved">
          {saved && !writing ? t("rates.saved") : null}
        </p>
        {kept.rates.length === 0 ? null : (
          <Button
            size="sm"
            variant="default"
            leftSection={<Download size={16} aria-hidden="true" />}
            onClick={() => save(kept.csv, "ramal-rates.csv")}
            data-testid="rates-download"
          >
            {t("rates.download")}
          </Button>
        )}
        {empty ? null : begin}
      </div>
      {about === null ? null : <p data-testid="rates-about">{about}</p>}
      {writing ? <Write kept={kept} onClose={close} /> : null}
      {empty ? (
        <Empty part icon={Calculator} title={t("empty.title.rates")} words={t("rates.none")} testid="rates-none">
          {begin}
        </Empty>
      ) : null}
      {kept.rates.length === 0 ? null : <Lines rates={kept.rates} />}
    </section>
  );
}

const COLUMNS = ["destination", "market", "number", "valid_from", "above_minutes", "per_minute"] as const;

function Lines({ rates }: { rates: RateLine[] }) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const day = new Intl.DateTimeFormat(language, { dateStyle: "short", timeZone: "UTC" });
  const cells = (rate: RateLine): Record<(typeof COLUMNS)[number], string> => ({
    destination:
      rate.destination === "*"
        ? t("rates.elsewhere")
        : `${placeName(rate.destination, language)} (${rate.destination})`,
    market: rate.market,
    number: rate.number === "" ? t("rates.allNumbers") : rate.number,
    valid_from: day.format(new Date(`${rate.valid_from}T00:00:00Z`)),
    above_minutes: rate.above_minutes.toLocaleString(language),
    per_minute: money(rate.per_minute, rate.currency, language),
  });
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse must be able to scroll it */}
      <section className={styles.scroll} tabIndex={0} aria-label={t("rates.list")}>
        <table className={styles.table}>
          <thead>
            <tr>
              {COLUMNS.map((column) => (
                <th key={column} scope="col">
                  {t(`rates.columns.${column}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rates.slice(0, SHOWN).map((rate) => {
              const told = cells(rate);
              const place = `${rate.number} ${rate.destination} ${rate.valid_from} ${rate.above_minutes}`;
              return (
                <tr key={place} data-testid="rate" data-destination={rate.destination}>
                  {COLUMNS.map((column) => (
                    <td key={column}>{told[column]}</td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
      {rates.length > SHOWN ? <p>{t("rates.more", { count: rates.length - SHOWN })}</p> : null}
    </>
  );
}

interface WriteProps {
  kept: Rates;
  onClose: (saved: boolean) => void;
}

/** The whole table as text. What was typed stays until it is saved or given up. */
function Write({ kept, onClose }: WriteProps) {
  const { t } = useTranslation();
  const [begun] = useState(kept);
  const [text, setText] = useState(kept.rates.length === 0 ? "" : kept.csv);
  const [tooBig, setTooBig] = useState(false);
  const writing = useWriteRates();
  const first = begun.rates.length === 0 ? "" : begun.csv;
  const leaving = useAskBeforeLeaving(text !== first && !writing.isSuccess, () => {});
  const problems = problemsOf(writing.error);
  const set = (next: string): void => {
    setText(next);
    setTooBig(false);
    if (writing.isError) writing.reset();
  };

  async function open(file: File | null): Promise<void> {
    if (file === null) return;
    if (file.size > FILE_LIMIT_BYTES) setTooBig(true);
    else set(await file.text());
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    writing.mutate({ version: begun.version, csv: text }, { onSuccess: () => onClose(true) });
  }

  const error = writing.error;
  const meanwhile = error instanceof ApiError && error.status === 409 ? error : null;
  const trouble =
    error === null || problems.length > 0
      ? null
      : meanwhile === null
        ? troubleText(t, error)
        : t("rates.meanwhile", {
            who: typeof meanwhile.said.changed_by === "string" ? meanwhile.said.changed_by : t("rates.somebody"),
          });
  return (
    <form className={styles.form} onSubmit={submit} noValidate aria-label={t("rates.edit")} data-testid="rates-form">
      <AskBeforeLeaving leaving={leaving} />
      <div className={styles.buttons}>
        <FileButton onChange={(file) => void open(file)} accept=".csv,text/csv,text/plain">
          {(props) => (
            <Button
              {...props}
              size="xs"
              variant="default"
              leftSection={<FileUp size={15} aria-hidden="true" />}
              data-testid="rates-file"
            >
              {t("rates.file")}
            </Button>
          )}
        </FileButton>
        {text.trim() === "" ? (
          <Button size="xs" variant="default" onClick={() => set(SAMPLE)} data-testid="rates-sample">
            {t("rates.sample")}
          </Button>
        ) : null}
      </div>
      {text === SAMPLE ? <p data-testid="rates-sample-hint">{t("rates.sampleHint")}</p> : null}
      <Textarea
        label={t("rates.text")}
        description={t("rates.textHint")}
        value={text}
        onChange={({ currentTarget: { value } }) => set(value)}
        error={tooBig ? t("rates.tooBig") : problems.length > 0}
        rows={14}
        spellCheck={false}
        styles={{ input: { fontFamily: "monospace", fontSize: 13.5, whiteSpace: "pre", overflowX: "auto" } }}
        data-testid="rates-text"
      />
      {problems.length === 0 ? null : (
        <div role="alert" className={styles.trouble} data-testid="rates-problems">
          <p>{t("rates.wrong")}</p>
          <ul>
            {problems.map((problem) => (
              <li key={`${problem.line}.${problem.field}.${problem.code}`}>{problemText(t, problem)}</li>
            ))}
          </ul>
        </div>
      )}
      <DeedTrouble words={trouble} />
      <div className={styles.buttons}>
        <Button type="submit" size="sm" loading={writing.isPending} data-testid="rates-save">
          {t("rates.save")}
        </Button>
        <Button size="sm" variant="default" onClick={() => onClose(false)} data-testid="rates-cancel">
          {t("rates.cancel")}
        </Button>
      </div>
    </form>
  );
}
