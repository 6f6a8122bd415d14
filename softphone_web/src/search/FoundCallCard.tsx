import { Loader } from "@mantine/core";
import { PhoneIncoming, PhoneOutgoing } from "lucide-react";
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { clockTime, dayAndTime, dayOf, timeOfDay } from "../i18n/format";
import styles from "./SearchPage.module.css";
import type { FoundCall, FoundLine } from "./search";

const Replay = lazy(async () => ({ default: (await import("../replay/Replay")).Replay }));

interface Props {
  found: FoundCall;
  /** Where its recording is open; null: it is not. */
  opened_at_s: number | null;
  open: (at_s: number) => void;
  close: () => void;
}

/** A call in which the words were said: who, when, on which number, and the lines; each opens the recording there. */
export function FoundCallCard({ found, opened_at_s, open, close }: Props) {
  const { t } = useTranslation();
  const { call, lines, lines_in_all } = found;
  const [times, setTimes] = useState(0); // the same line again leads there again
  // biome-ignore lint/correctness/useExhaustiveDependencies: each press is a wish of its own
  const start = useMemo(() => (opened_at_s === null ? null : { at_s: opened_at_s }), [opened_at_s, times]);
  const card = useRef<HTMLLIElement>(null);
  const opened = start !== null;
  useEffect(() => {
    if (opened) card.current?.scrollIntoView?.({ block: "nearest" });
  }, [opened]);
  const Direction = call.direction === "outbound" ? PhoneOutgoing : PhoneIncoming;
  return (
    <li className={styles.card} data-call-id={call.call_id} data-testid="found-call" ref={card}>
      <header className={styles.call}>
        <h2>
          <Direction size={16} aria-label={t(`search.${call.direction}`)} /> {call.customer_name ?? call.customer_label}
        </h2>
        <When offered_at={call.offered_at} />
        <p>
          {[
            call.customer_name === null ? null : call.customer_label,
            call.number_label,
            call.department,
            call.agent_name ?? t("search.noAgent"),
            call.talk_s ? t("search.talked", { length: clockTime(call.talk_s) }) : null,
          ]
            .filter(Boolean)
            .join(" · ")}
        </p>
      </header>
      <ul className={styles.lines}>
        {lines.map((line) => (
          <li key={`${line.speaker}${line.start_s}`}>
            <LineButton
              line={line}
              here={line.start_s === opened_at_s}
              open={() => {
                setTimes(times + 1);
                open(line.start_s);
              }}
            />
          </li>
        ))}
      </ul>
      {lines_in_all > lines.length ? (
        <p className={styles.rest}>{t("search.moreLines", { count: lines_in_all - lines.length })}</p>
      ) : null}
      {start === null ? null : (
        <Suspense fallback={<Loader size="sm" aria-label={t("shell.loading")} />}>
          <Replay
            call={call.call_id}
            caller={call.customer_name ?? call.customer_label}
            onClose={close}
            start={start}
          />
        </Suspense>
      )}
    </li>
  );
}

function LineButton({ line, here, open }: { line: FoundLine; here: boolean; open: () => void }) {
  const { t } = useTranslation();
  const at = clockTime(line.start_s);
  return (
    <button
      type="button"
      className={styles.line}
      aria-current={here ? "true" : undefined}
      title={t("search.openAt", { at })}
      onClick={open}
      data-testid="found-line"
    >
      <time>{at}</time>
      <b data-side={line.speaker}>{t(line.speaker === "customer" ? "search.customer" : "search.agent")}</b>
      <span>
        {line.pieces.map((piece, index) =>
          piece.found ? <mark key={index}>{piece.text}</mark> : <span key={index}>{piece.text}</span>,
        )}
      </span>
    </button>
  );
}

function When({ offered_at }: { offered_at: string | null }) {
  const { t, i18n } = useTranslation();
  if (offered_at === null) return null;
  const unix_s = Date.parse(offered_at) / 1000;
  const day = dayOf(unix_s, Date.now() / 1000, i18n.language);
  const said = day === "today" || day === "yesterday" ? t(`calls.${day}`) : day;
  const whole = dayAndTime(unix_s, i18n.language, "long");
  return (
    <time dateTime={offered_at} title={whole} className={styles.when}>
      {said} {timeOfDay(unix_s, i18n.language)}
    </time>
  );
}
