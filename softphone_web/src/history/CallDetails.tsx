import { Button, CloseButton, Loader } from "@mantine/core";
import { Phone } from "lucide-react";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { resultText, useReasons } from "../aftercall/reasons";
import { choiceOf } from "../calls/calls";
import { keptOf, ReplayButton } from "../calls/ReplayButton";
import { useDesk, useDispatch } from "../desk/DeskProvider";
import { myCall, phoneIsElsewhere } from "../desk/desk";
import { clockTime } from "../i18n/format";
import { ApiError } from "../session/api";
import { Trouble } from "../shell/Trouble";
import { OutcomeIcon } from "./CallList";
import styles from "./HistoryPage.module.css";
import { type CallDetail, useCall, useNotes } from "./history";
import { callerOf, clockOf, outcomeOf, whyOf } from "./words";

const Replay = lazy(async () => ({ default: (await import("../replay/Replay")).Replay }));

/** One call beside the list: what became of it, what was noted, and its recording. */
export function CallDetails({ call, zone, close }: { call: string; zone: string; close: () => void }) {
  const { t } = useTranslation();
  const detail = useCall(call);
  const head = useRef<HTMLHeadingElement>(null);
  const gone = detail.error instanceof ApiError && detail.error.status === 404;
  // biome-ignore lint/correctness/useExhaustiveDependencies: whichever call is opened
  useEffect(() => head.current?.focus(), [call]);
  const title =
    detail.data === undefined
      ? t("history.detail.loading")
      : t("history.detail.title", { caller: callerOf(detail.data) });
  return (
    <section
      className={styles.details}
      aria-labelledby="history-call"
      onKeyDown={(event) => {
        if (event.key === "Escape") close();
      }}
      data-testid="history-call"
    >
      <header className={styles.detailsHead}>
        <h2 id="history-call" ref={head} tabIndex={-1}>
          {gone ? t("history.detail.gone") : title}
        </h2>
        <CloseButton
          onClick={close}
          aria-label={t("history.detail.close")}
          size="lg"
          data-testid="history-call-close"
        />
      </header>
      {detail.isPending ? <Loader size="sm" aria-hidden="true" /> : null}
      {detail.isError && !gone ? (
        <Trouble words={t("history.detail.unreachable")} retry={detail.refetch} testid="history-call-trouble" />
      ) : null}
      {detail.data === undefined ? null : <Facts call={detail.data} zone={zone} />}
      {detail.data === undefined ? null : <Notes call={call} />}
      {detail.data === undefined ? null : <Recording key={call} call={detail.data} />}
    </section>
  );
}

function Facts({ call, zone }: { call: CallDetail; zone: string }) {
  const { t, i18n } = useTranslation();
  const own = useReasons().data?.disposition;
  const why = whyOf(t, call);
  const at = (name: string): string | null => {
    const moment = call.timestamps[name] ?? null;
    return moment === null ? null : clockOf(moment, zone, i18n.language);
  };
  const facts: [string, string | null][] = [
    [t("calls.column.number"), call.number_label],
    [t("history.department"), call.department],
    [t("calls.column.agent"), call.agent_name],
    [t("history.detail.received"), at("offered_at") ?? at("received_at")],
    [t("history.detail.answered"), at("answered_at") ?? at("accepted_at")],
    [t("history.detail.ended"), at("ended_at")],
    [t("history.column.wait"), call.wait_s === null ? null : clockTime(call.wait_s)],
    [t("history.detail.talk"), call.talk_s === null ? null : clockTime(call.talk_s)],
    [t("history.disposition"), call.dispositions.map((code) => resultText(t, code, own)).join(", ") || null],
    [t("history.protocol"), call.protocol],
  ];
  return (
    <>
      <p className={styles.outcome} data-outcome={call.outcome ?? "open"}>
        <OutcomeIcon call={call} /> {outcomeOf(t, call)}
        {why === null ? null : <small>{why}</small>}
      </p>
      {call.back_filled ? <p data-testid="back-filled">{t("history.detail.backFilled")}</p> : null}
      <dl className={styles.facts}>
        {facts.map(([name, value]) =>
          value === null ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
        )}
      </dl>
      <CallThem call={call} />
    </>
  );
}

function CallThem({ call }: { call: CallDetail }) {
  const { t } = useTranslation();
  const desk = useDesk();
  const dispatch = useDispatch();
  const chosen = choiceOf(call);
  if (chosen === null || !desk.state?.call_from?.length || phoneIsElsewhere(desk)) return null;
  const busy = myCall(desk) !== null;
  return (
    <>
      <Button
        variant="light"
        size="sm"
        leftSection={<Phone size={16} aria-hidden="true" />}
        disabled={busy}
        onClick={() => dispatch({ type: "callee_chosen", chosen })}
        data-testid="history-call-back"
      >
        {t("dial.callThem", { caller: callerOf(call) })}
      </Button>
      {busy ? <p className={styles.hint}>{`${t("dial.why.agent_busy")} ${t("dial.step.finish_call")}`}</p> : null}
    </>
  );
}

function Notes({ call }: { call: string }) {
  const { t } = useTranslation();
  const own = useReasons().data?.disposition;
  const notes = useNotes(call);
  return (
    <section className={styles.notes} aria-labelledby="history-notes">
      <h3 id="history-notes">{t("history.detail.notes")}</h3>
      {notes.isPending ? <Loader size="xs" aria-hidden="true" /> : null}
      {notes.isError ? (
        <Trouble words={t("history.detail.notesTrouble")} retry={notes.refetch} testid="history-notes-trouble" />
      ) : null}
      {notes.data?.length === 0 ? <p className={styles.hint}>{t("history.detail.noNotes")}</p> : null}
      {notes.data?.map((note) => (
        <blockquote key={note.agent_name} data-testid="history-note">
          {note.text === "" ? null : <p>{note.text}</p>}
          <footer>
            {note.agent_name}
            {note.disposition === null ? null : ` · ${resultText(t, note.disposition, own)}`}
          </footer>
        </blockquote>
      ))}
    </section>
  );
}

function Recording({ call }: { call: CallDetail }) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState(false);
  const kept = keptOf(call);
  return (
    <section className={styles.notes} aria-labelledby="history-recording">
      <h3 id="history-recording">
        {t("history.detail.recording")}
        {kept === null ? null : <ReplayButton state={kept} opened={opened} open={setOpened} />}
      </h3>
      {kept === null ? <p className={styles.hint}>{t("history.detail.noRecording")}</p> : null}
      {opened ? (
        <Suspense fallback={<Loader size="sm" />}>
          <Replay call={call.call_id} caller={callerOf(call)} onClose={() => setOpened(false)} />
        </Suspense>
      ) : null}
    </section>
  );
}
