import { Button, VisuallyHidden } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Check, CircleAlert, Clock, MessageCircleQuestionMark, Phone as PhoneIcon, TriangleAlert } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useDesk, usePhone } from "../desk/DeskProvider";
import { useNow_s } from "../desk/useNow";
import { isSameDay, moment, timeLeft } from "../i18n/format";
import styles from "./DialPanel.module.css";
import { changes_unix_s, type Outlook, outlookOf, type Reason } from "./outlook";
import { type Callee, PERMISSION, useAskPermission, usePermission } from "./permission";
import { becauseText, reasonOfError, reasonOfRefusal, ruleText, statusText, stepText, whyText } from "./words";

interface OfferProps {
  number_id: number;
  callee: Callee;
  onCalling: () => void;
}

/** What may be done with this customer now: one button, or why not and until when. */
export function Offer({ number_id, callee, onCalling }: OfferProps) {
  const { t } = useTranslation();
  const desk = useDesk();
  const permission = usePermission(number_id, callee, desk.state?.presence ?? "offline");
  const asking = useAskPermission(number_id, callee);
  const calling = useCalling(number_id, callee, onCalling);
  const now_s = useNow_s();
  useFreshness(permission.data ? changes_unix_s(permission.data, now_s) : null);

  if (permission.isError && permission.data === undefined) {
    const reason = reasonOfError(permission.error);
    const known = reason.code === "not_found" || reason.code === "forbidden";
    return (
      <div className={styles.offer} data-testid="dial-offer" data-outlook="unknown">
        <p role="alert" className={styles.line} data-kind="warn">
          <CircleAlert size={18} aria-hidden="true" />
          <span>{known ? whyText(t, reason) : t("dial.unreachable")}</span>
        </p>
        <Button fullWidth variant="default" onClick={() => void permission.refetch()} data-testid="dial-retry">
          {t("session.retry")}
        </Button>
      </div>
    );
  }
  if (permission.data === undefined) {
    return (
      <div className={styles.offer} data-testid="dial-offer" data-outlook="looking">
        <p role="status" className={styles.line}>
          {t("dial.looking")}
        </p>
        <Button fullWidth loading disabled data-testid="dial-button">
          {t("dial.call")}
        </Button>
      </div>
    );
  }
  const outlook = outlookOf(permission.data);
  const refused = calling.refused ?? (asking.error === null ? null : reasonOfError(asking.error));
  return (
    <div className={styles.offer} data-testid="dial-offer" data-outlook={outlook.kind}>
      <News outlook={outlook} />
      {outlook.kind === "call" ? <MayCall outlook={outlook} calling={calling} /> : null}
      {outlook.kind === "ask" ? <MayAsk outlook={outlook} asking={asking} /> : null}
      {outlook.kind === "wait" ? <MustWait outlook={outlook} /> : null}
      {refused === null || outlook.kind === "wait" ? null : (
        <div role="alert" data-testid="dial-refused">
          <WhyNot reason={refused} />
        </div>
      )}
    </div>
  );
}

function MayCall({ outlook, calling }: { outlook: Outlook & { kind: "call" }; calling: Calling }) {
  const { t, i18n } = useTranslation();
  const { link, pending } = useDesk();
  const now_s = useNow_s();
  const [confirming, setConfirming] = useState(false);
  const textId = useId();
  const confirmation = useRef<HTMLButtonElement>(null);
  const mustConfirm = outlook.risk === "last" || calling.refused?.next_step === "confirm";
  useEffect(() => {
    if (confirming) confirmation.current?.focus();
  }, [confirming]);
  const until = outlook.until_unix_s;
  const allowed =
    until === null ? t("dial.allowedAlways") : t("dial.allowedUntil", { when: moment(until, now_s, i18n.language) });
  const button = {
    fullWidth: true,
    size: "md",
    leftSection: <PhoneIcon size={18} aria-hidden="true" />,
    loading: pending.includes("call.place"),
    disabled: link !== "connected",
  } as const;
  return (
    <>
      <Line kind="ok" icon={<Check size={18} aria-hidden="true" />}>
        {allowed}
      </Line>
      {outlook.risk === "second" ? (
        <Line kind="warn" icon={<TriangleAlert size={18} aria-hidden="true" />} testid="dial-risk">
          {t("dial.risk.second")}
        </Line>
      ) : null}
      {confirming && mustConfirm ? (
        <fieldset className={styles.confirm} aria-labelledby={textId} data-testid="dial-confirm">
          <p id={textId}>{t("dial.risk.last")}</p>
          <Button
            {...button}
            ref={confirmation}
            color="var(--bad-fill)"
            onClick={() => void calling.call(true)}
            data-testid="dial-confirm-button"
          >
            {t("dial.callAnyway")}
          </Button>
          <Button fullWidth variant="default" onClick={() => setConfirming(false)} data-testid="dial-dont-call">
            {t("dial.dontCall")}
          </Button>
        </fieldset>
      ) : (
        <Button
          {...button}
          onClick={() => (mustConfirm ? setConfirming(true) : void calling.call(false))}
          data-testid="dial-button"
        >
          {t("dial.call")}
        </Button>
      )}
    </>
  );
}

function MayAsk({
  outlook,
  asking,
}: {
  outlook: Outlook & { kind: "ask" };
  asking: ReturnType<typeof useAskPermission>;
}) {
  const { t } = useTranslation();
  return (
    <>
      <Standing status={outlook.status} asked_unix_s={outlook.asked_unix_s} />
      <Button
        fullWidth
        size="md"
        leftSection={<MessageCircleQuestionMark size={18} aria-hidden="true" />}
        loading={asking.isPending}
        onClick={() => asking.mutate()}
        data-testid="dial-ask"
      >
        {t(outlook.asked_unix_s === null ? "dial.ask" : "dial.askAgain")}
      </Button>
    </>
  );
}

/** The button that will be there, and beside it why not now and until when. */
function MustWait({ outlook }: { outlook: Outlook & { kind: "wait" } }) {
  const { t } = useTranslation();
  const whyId = useId();
  return (
    <>
      {outlook.for === "ask" ? <Standing status={outlook.status} asked_unix_s={outlook.asked_unix_s} /> : null}
      <Button
        fullWidth
        size="md"
        variant="default"
        disabled
        aria-describedby={whyId}
        data-testid={outlook.for === "call" ? "dial-button" : "dial-ask"}
      >
        {t(outlook.for === "call" ? "dial.call" : "dial.ask")}
      </Button>
      <div id={whyId} data-testid="dial-why-not">
        <WhyNot reason={outlook.reason} waitingFor={outlook.for} />
      </div>
    </>
  );
}

function Standing({ status, asked_unix_s }: { status: string; asked_unix_s: number | null }) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  if (asked_unix_s !== null) {
    const asked = isSameDay(asked_unix_s, now_s) ? "dial.askedAt" : "dial.askedOn";
    return (
      <Line kind="plain" icon={<Clock size={18} aria-hidden="true" />} testid="dial-asked">
        {`${t(asked, { when: moment(asked_unix_s, now_s, i18n.language) })} ${t("dial.awaiting")}`}
      </Line>
    );
  }
  const said = statusText(t, status);
  return said === null ? null : (
    <Line kind="plain" icon={<CircleAlert size={18} aria-hidden="true" />} testid="dial-status">
      {said}
    </Line>
  );
}

function WhyNot({ reason, waitingFor }: { reason: Reason; waitingFor?: "call" | "ask" }) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  const left_s = reason.retry_unix_s === null ? null : reason.retry_unix_s - now_s;
  const rule = ruleText(t, reason);
  const because = rule === null ? null : becauseText(t, reason.rule);
  const step = left_s === null ? stepText(t, reason.next_step) : null;
  return (
    <div className={styles.why}>
      {left_s !== null && left_s > 0 && waitingFor !== undefined ? (
        <p className={styles.countdown} role="timer" data-testid="dial-countdown">
          {t(waitingFor === "call" ? "dial.callIn" : "dial.askIn", { wait: timeLeft(left_s, i18n.language) })}
        </p>
      ) : null}
      <p>{[whyText(t, reason), rule].filter((text) => text !== null).join(" ")}</p>
      {step === null ? null : <p className={styles.step}>{step}</p>}
      {because === null ? null : (
        <details className={styles.because} data-testid="dial-because">
          <summary>{t("dial.becauseAsk")}</summary>
          <p>{because}</p>
        </details>
      )}
      {reason.meta_code === null ? null : (
        <p className={styles.small}>{t("dial.metaCode", { code: reason.meta_code })}</p>
      )}
    </div>
  );
}

function Line(props: { kind: "ok" | "warn" | "plain"; icon: ReactNode; testid?: string; children: ReactNode }) {
  return (
    <p className={styles.line} data-kind={props.kind} data-testid={props.testid}>
      {props.icon}
      <span>{props.children}</span>
    </p>
  );
}

/** A screen reader is told when the customer's answer changes what may be done, and not when a clock ticks. */
function News({ outlook }: { outlook: Outlook }) {
  const { t } = useTranslation();
  const before = useRef(outlook.kind);
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (before.current !== outlook.kind) {
      if (outlook.kind === "call") setSaid(t("dial.announce.allowed"));
      else if (before.current === "call") setSaid(t("dial.announce.lost"));
      else if (outlook.kind === "wait" && outlook.asked_unix_s !== null) setSaid(t("dial.awaiting"));
      before.current = outlook.kind;
    }
  }, [outlook, t]);
  return (
    <VisuallyHidden>
      <div role="status" aria-live="polite">
        {said}
      </div>
    </VisuallyHidden>
  );
}

interface Calling {
  /** Why the last press came to nothing. */
  refused: Reason | null;
  call: (confirm_risk: boolean) => Promise<void>;
}

function useCalling(number_id: number, callee: Callee, onCalling: () => void): Calling {
  const phone = usePhone();
  const queries = useQueryClient();
  const [refused, setRefused] = useState<Reason | null>(null);
  const key = useRef<string | null>(null);
  return {
    refused,
    async call(confirm_risk) {
      setRefused(null);
      key.current ??= crypto.randomUUID();
      const whom = "contact_id" in callee ? callee.contact_id : `+${callee.phone}`;
      const by = "contact_id" in callee ? callee.by : undefined;
      const answered = await phone.placeCall(number_id, whom, key.current, confirm_risk, by);
      // Without an answer the call may have begun: the same wish again is the same call.
      if (answered.ok || answered.why !== "no_answer") key.current = null;
      if (answered.ok) return onCalling();
      if (answered.ack?.refused) setRefused(reasonOfRefusal(answered.ack.refused));
      await queries.invalidateQueries({ queryKey: PERMISSION });
    },
  };
}

/** What is shown is asked for again when the gateway says so, when the link is back, and when its time is over. */
function useFreshness(changes_unix_s: number | null): void {
  const { permissionNews, link, clockOffset_s } = useDesk();
  const queries = useQueryClient();
  // biome-ignore lint/correctness/useExhaustiveDependencies: news and the link's return are what there is to react to
  useEffect(() => {
    void queries.invalidateQueries({ queryKey: PERMISSION });
  }, [permissionNews, link, queries]);
  useEffect(() => {
    if (changes_unix_s === null) return;
    const wait_ms = (changes_unix_s - clockOffset_s) * 1000 - Date.now();
    // Longer than a timer can be is longer than anybody looks at it.
    if (wait_ms > 2 ** 31 - 1) return;
    const timer = setTimeout(() => void queries.invalidateQueries({ queryKey: PERMISSION }), wait_ms + 500);
    return () => clearTimeout(timer);
  }, [changes_unix_s, clockOffset_s, queries]);
}
