import { ActionIcon, Button, Loader, VisuallyHidden } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Hourglass, Phone, PhoneCall, PhoneIncoming, PhoneMissed, PhoneOff, PhoneOutgoing } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useDesk, useDispatch, usePhone } from "../desk/DeskProvider";
import { chosenAvailability, myCall, phoneIsElsewhere } from "../desk/desk";
import { failureText } from "../i18n/failure";
import { clockTime, dayOf, timeOfDay } from "../i18n/format";
import { Empty, TowardsCalls } from "../shell/Empty";
import { Trouble } from "../shell/Trouble";
import { ListenIn } from "../supervise/Supervise";
import { choiceOf, type PastCall, RECENT_CALLS, useRecentCalls } from "./calls";
import styles from "./RecentCalls.module.css";
import { keptOf, ReplayButton } from "./ReplayButton";

const Replay = lazy(async () => ({ default: (await import("../replay/Replay")).Replay }));

export function RecentCalls() {
  const { t } = useTranslation();
  const calls = useRecentCalls();
  const mayCall = useMayCall();
  useRefreshAfterCalls();
  return (
    <section className={styles.page} aria-labelledby="calls-title" data-testid="recent-calls">
      <div className={styles.head}>
        <h1 id="calls-title">{t("calls.title")}</h1>
        <span className={styles.fetching} aria-hidden="true">
          {calls.isFetching && !calls.isPending ? <Loader size={14} /> : null}
        </span>
        {mayCall === "later" ? (
          <span className={styles.later} data-testid="calls-why-not">
            {`${t("dial.why.agent_busy")} ${t("dial.step.finish_call")}`}
          </span>
        ) : null}
      </div>
      {calls.isError ? <Trouble words={t("calls.unreachable")} retry={calls.refetch} testid="calls" /> : null}
      {calls.isPending ? <Skeleton /> : null}
      {calls.data?.length === 0 ? <NoCallsYet /> : null}
      {calls.data && calls.data.length > 0 ? <CallTable calls={calls.data} mayCall={mayCall} /> : null}
    </section>
  );
}

/** What became of a call of ours is told at once, and stored a moment later: the list is read from the store. */
const STORED_MS = 1_000;

/** A call that ended, was answered, or stopped ringing or waiting here, changes a line. */
function useRefreshAfterCalls(): void {
  const { state, ringNote } = useDesk();
  const over = state?.last_call?.call_id;
  const queries = useQueryClient();
  const news = [
    state?.last_call?.call_id,
    state?.call?.call_id,
    state?.call?.phase,
    ringNote?.call_id,
    state?.ringing.length,
    state?.waiting.length,
  ].join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: `news` is what there is to react to
  useEffect(() => {
    void queries.invalidateQueries({ queryKey: RECENT_CALLS });
  }, [news, queries]);
  useEffect(() => {
    if (over === undefined) return;
    const again = setTimeout(() => void queries.invalidateQueries({ queryKey: RECENT_CALLS }), STORED_MS);
    return () => clearTimeout(again);
  }, [over, queries]);
}

export function CallTable({ calls, mayCall }: { calls: PastCall[]; mayCall: MayCall }) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState<string | null>(null);
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">{t("calls.column.caller")}</th>
          <th scope="col">{t("calls.column.how")}</th>
          <th scope="col">{t("calls.column.number")}</th>
          <th scope="col">{t("calls.column.agent")}</th>
          <th scope="col" className={styles.figures}>
            {t("calls.column.talk")}
          </th>
          <th scope="col" className={styles.figures}>
            {t("calls.column.when")}
          </th>
          <th scope="col">
            <VisuallyHidden>{t("recording.column")}</VisuallyHidden>
          </th>
          {mayCall === "never" ? null : (
            <th scope="col">
              <VisuallyHidden>{t("dial.call")}</VisuallyHidden>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {calls.map((call) => (
          <CallRow
            key={call.call_id}
            call={call}
            mayCall={mayCall}
            opened={opened === call.call_id}
            open={(open) => setOpened(open ? call.call_id : null)}
          />
        ))}
      </tbody>
    </table>
  );
}

type MayCall = "now" | "later" | "never";

/** Whether customers of the list can be chosen: not in a call, whose card has the place of the choice. */
function useMayCall(): MayCall {
  const desk = useDesk();
  if (!desk.state?.call_from?.length || phoneIsElsewhere(desk)) return "never";
  return myCall(desk) === null ? "now" : "later";
}

function CallBack({ call, disabled }: { call: PastCall; disabled: boolean }) {
  const { t } = useTranslation();
  const dispatch = useDispatch();
  const choice = choiceOf(call);
  if (choice === null) return null;
  const label = t("dial.callThem", { caller: choice.name ?? choice.label });
  return (
    <ActionIcon
      variant="subtle"
      size={40}
      aria-label={label}
      title={label}
      disabled={disabled}
      onClick={() => dispatch({ type: "callee_chosen", chosen: choice })}
      data-testid="call-back"
    >
      <Phone size={18} aria-hidden="true" />
    </ActionIcon>
  );
}

interface RowProps {
  call: PastCall;
  mayCall: MayCall;
  /** Whether its recording is shown below it. */
  opened: boolean;
  open: (open: boolean) => void;
}

function CallRow({ call, mayCall, opened, open }: RowProps) {
  return (
    <>
      <CallLine call={call} mayCall={mayCall} opened={opened} open={open} />
      {opened ? (
        <tr className={styles.replay}>
          <td className={styles.replaying} colSpan={mayCall === "never" ? 7 : 8}>
            <Suspense fallback={<Loader size="sm" />}>
              <Replay
                call={call.call_id}
                caller={call.customer_name ?? call.customer_label}
                onClose={() => open(false)}
              />
            </Suspense>
          </td>
        </tr>
      ) : null}
    </>
  );
}

function CallLine({ call, mayCall, opened, open }: RowProps) {
  const { t } = useTranslation();
  const kept = keptOf(call);
  const how = call.outcome ?? "open";
  return (
    <tr data-call-id={call.call_id} data-outcome={how} data-testid="recent-call">
      <td className={styles.caller}>
        <strong>{call.customer_name ?? call.customer_label}</strong>
        {call.customer_name === null ? null : <span>{call.customer_label}</span>}
      </td>
      <td className={styles.how}>
        <span className={styles.outcome} data-outcome={how}>
          <OutcomeIcon outcome={how} direction={call.direction} />
          {t(call.direction === "outbound" && how === "missed" ? "calls.unanswered" : `calls.outcome.${how}`)}
        </span>
        <HowItEnded call={call} />
        {how === "open" ? <ListenIn call_id={call.call_id} caller={call.customer_name ?? call.customer_label} /> : null}
      </td>
      <td className={styles.number}>{call.number_label}</td>
      <td className={styles.agent}>{call.agent_name ?? t("none")}</td>
      <td className={styles.talk}>{call.talk_s ? clockTime(call.talk_s) : t("none")}</td>
      <td className={styles.when}>
        <When offered_at={call.offered_at} />
      </td>
      <td className={styles.recording}>
        {kept === null ? null : <ReplayButton state={kept} opened={opened} open={open} />}
      </td>
      {mayCall === "never" ? null : (
        <td className={styles.callBack}>
          <CallBack call={call} disabled={mayCall === "later"} />
        </td>
      )}
    </tr>
  );
}

function HowItEnded({ call }: { call: PastCall }) {
  const { t } = useTranslation();
  if (call.outcome === "failed" && call.failure_code !== null) {
    return <span className={styles.why}>{failureText(t, call.failure_code)}</span>;
  }
  if (call.outcome !== "answered" || call.ended_by === null) return null;
  return <span className={styles.why}>{t(`calls.ended.${call.ended_by}`)}</span>;
}

function OutcomeIcon({
  outcome,
  direction,
}: {
  outcome: NonNullable<PastCall["outcome"]> | "open";
  direction: PastCall["direction"];
}) {
  const Icon = {
    answered: direction === "outbound" ? PhoneOutgoing : PhoneIncoming,
    missed: PhoneMissed,
    abandoned: Hourglass,
    declined: PhoneMissed,
    failed: PhoneOff,
    open: PhoneCall,
  }[outcome];
  return <Icon size={16} aria-hidden="true" />;
}

function When({ offered_at }: { offered_at: string | null }) {
  const { t, i18n } = useTranslation();
  if (offered_at === null) return t("none");
  const unix_s = Date.parse(offered_at) / 1000;
  const day = dayOf(unix_s, Date.now() / 1000, i18n.language);
  const said = day === "today" || day === "yesterday" ? t(`calls.${day}`) : day;
  return (
    <time dateTime={offered_at}>
      <span>{timeOfDay(unix_s, i18n.language)}</span> <span className={styles.day}>{said}</span>
    </time>
  );
}

function NoCallsYet() {
  const { t } = useTranslation();
  const desk = useDesk();
  const phone = usePhone();
  const ready = chosenAvailability(desk) === "ready" || phoneIsElsewhere(desk);
  return (
    <Empty
      icon={PhoneIncoming}
      title={t("calls.empty.title")}
      words={t(ready ? "calls.empty.ready" : "calls.empty.body")}
      testid="calls-none"
    >
      {ready ? (
        <TowardsCalls />
      ) : (
        <Button
          variant="light"
          loading={desk.preparing}
          onClick={() => void phone.getReady()}
          data-testid="empty-ready-button"
        >
          {t("actions.ready")}
        </Button>
      )}
    </Empty>
  );
}

function Skeleton() {
  const { t } = useTranslation();
  return (
    <p className={styles.loading}>
      <Loader size={16} aria-hidden="true" /> {t("calls.loading")}
    </p>
  );
}
