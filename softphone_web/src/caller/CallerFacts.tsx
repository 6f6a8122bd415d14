import { Skeleton, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { FileText, type LucideIcon, PhoneIncoming, PhoneMissed, PhoneOutgoing, UserRound } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useNow_s } from "../desk/useNow";
import { clockTime, moment } from "../i18n/format";
import styles from "./CallerFacts.module.css";
import { type Caller, type EarlierCall, outcomeOf, useCaller } from "./caller";

/** The last calls of whoever calls, and what they wait for. Its height is the same whatever it shows, as far as `steady`
 * goes: what stands beside it are buttons that somebody is about to press. */
export function CallerFacts({ call_id, steady = false }: { call_id: string; steady?: boolean }) {
  const { t } = useTranslation();
  const caller = useCaller(call_id);
  if (caller.data?.known === false) return null;
  return (
    <section
      className={styles.facts}
      aria-label={t("caller.title")}
      aria-busy={caller.isPending}
      data-steady={steady}
      data-testid="caller-facts"
    >
      {caller.isPending ? <Looking /> : null}
      {caller.isError ? <Unreachable retry={caller.refetch} /> : null}
      {caller.data ? <Known caller={caller.data} /> : null}
    </section>
  );
}

/** Lines of what will be there: nothing turns that could be mistaken for the call's own progress. */
function Looking() {
  const { t } = useTranslation();
  return (
    <div data-testid="caller-loading">
      <VisuallyHidden>{t("caller.loading")}</VisuallyHidden>
      {[88, 72, 80].map((width) => (
        <div key={width} className={styles.looking}>
          <Skeleton height={10} width={`${width}%`} radius="xl" />
        </div>
      ))}
    </div>
  );
}

function Unreachable({ retry }: { retry: () => unknown }) {
  const { t } = useTranslation();
  return (
    <p className={styles.quiet} data-testid="caller-unreachable">
      {t("caller.unreachable")}{" "}
      <UnstyledButton className={styles.retry} onClick={() => void retry()} data-testid="caller-retry">
        {t("session.retry")}
      </UnstyledButton>
    </p>
  );
}

function Known({ caller: { calls, protocol, sticky_agent } }: { caller: Caller }) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  const since = (at: string) => moment(Date.parse(at) / 1000, now_s, i18n.language);
  return (
    <>
      {protocol === null ? null : (
        <Line icon={FileText} testid="caller-protocol">
          <strong>{t("caller.protocol", { code: protocol.code })}</strong>{" "}
          {[t("caller.since", { when: since(protocol.opened_at) }), protocol.department].filter(Boolean).join(" · ")}
        </Line>
      )}
      {sticky_agent === null ? null : (
        <Line icon={UserRound} testid="caller-keeper">
          {t(sticky_agent.was_free ? "caller.keeper" : "caller.keeperBusy", { name: sticky_agent.name })}
        </Line>
      )}
      {calls.length === 0 ? (
        <p className={styles.quiet} data-testid="caller-first">
          {t("caller.first")}
        </p>
      ) : (
        <ol className={styles.calls} data-testid="caller-calls">
          {calls.map((call) => (
            <Earlier key={call.call_id} call={call} now_s={now_s} />
          ))}
        </ol>
      )}
    </>
  );
}

function Line({ icon: Icon, testid, children }: { icon: LucideIcon; testid: string; children: ReactNode }) {
  return (
    <p className={styles.line} data-testid={testid}>
      <Icon size={14} aria-hidden="true" />
      <span>{children}</span>
    </p>
  );
}

function Earlier({ call, now_s }: { call: EarlierCall; now_s: number }) {
  const { t, i18n } = useTranslation();
  const Icon = iconOf(call);
  const how = [outcomeOf(t, call), call.agent_name, call.talk_s === null ? null : clockTime(call.talk_s)];
  return (
    <li className={styles.line} data-outcome={call.outcome ?? "open"}>
      <Icon size={14} aria-hidden="true" />
      <span>
        <VisuallyHidden>{t(`caller.direction.${call.direction}`)}</VisuallyHidden> {how.filter(Boolean).join(" · ")}
      </span>
      {call.at === null ? null : (
        <time dateTime={call.at}>{moment(Date.parse(call.at) / 1000, now_s, i18n.language)}</time>
      )}
    </li>
  );
}

function iconOf(call: EarlierCall): LucideIcon {
  if (call.direction === "outbound") return PhoneOutgoing;
  return call.outcome === "answered" || call.outcome === null ? PhoneIncoming : PhoneMissed;
}
