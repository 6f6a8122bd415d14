import { Button, Kbd } from "@mantine/core";
import { Phone as PhoneIcon, PhoneOff } from "lucide-react";
import { type CSSProperties, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { CallerFacts } from "../../caller/CallerFacts";
import type { RingingCall } from "../../contract/messages";
import { useDesk, usePhone } from "../../desk/DeskProvider";
import { useNow_s } from "../../desk/useNow";
import { clockTime } from "../../i18n/format";
import { callerName } from "./caller";
import { mayTakeFocus } from "./focus";
import styles from "./RingPanel.module.css";
import { ANSWER_KEY, DECLINE_KEYS, isTyping } from "./useRingKeys";

interface RingPanelProps {
  ring: RingingCall;
  first: boolean;
  /** Whether it is told what is known of the caller, and whether other rings stand under it. */
  facts?: boolean;
  crowded?: boolean;
}

export function RingPanel({ ring, first, facts = true, crowded = false }: RingPanelProps) {
  const { t } = useTranslation();
  const desk = useDesk();
  const phone = usePhone();
  const now_s = useNow_s();
  const answer = useRef<HTMLButtonElement>(null);
  const { party } = ring;
  const answering = desk.answering === ring.call_id;
  const titleId = `ring-${ring.call_id}`;

  useEffect(() => {
    if (first && mayTakeFocus() && !isTyping(document.activeElement)) answer.current?.focus();
  }, [first]);

  return (
    <section
      className={styles.panel}
      aria-labelledby={titleId}
      data-testid="ring-panel"
      data-call-id={ring.call_id}
      data-first={first}
    >
      <p className={styles.eyebrow}>
        <span>{t("ring.title")}</span>
        <span className={styles.since}>{clockTime(now_s - ring.line.waiting_since_unix_s)}</span>
      </p>
      <h3 id={titleId} className={styles.caller} data-testid="ring-caller">
        {callerName(party)}
      </h3>
      {party.name === null ? null : <p className={styles.label}>{party.label}</p>}
      <p className={styles.number} data-testid="ring-number">
        {t("ring.for", { number: [...new Set([party.number_label, party.department])].filter(Boolean).join(" · ") })}
      </p>
      {ring.given_by ? (
        <p className={styles.subject} data-testid="ring-given-by">
          {ring.given_by.agent_id === desk.state?.me.agent_id
            ? t("ring.cameBack")
            : t("ring.givenBy", { name: ring.given_by.name })}
        </p>
      ) : null}
      {party.button_payload ? (
        <p className={styles.subject}>{t("ring.button", { payload: party.button_payload })}</p>
      ) : null}
      <div className={styles.actions}>
        <Button
          ref={answer}
          className={styles.answer}
          size="lg"
          color="var(--ok-fill)"
          leftSection={<PhoneIcon size={20} fill="currentColor" strokeWidth={1} aria-hidden="true" />}
          rightSection={first ? <Kbd className={styles.key}>{ANSWER_KEY}</Kbd> : null}
          aria-keyshortcuts={first ? ANSWER_KEY : undefined}
          loading={answering}
          disabled={desk.answering !== null && !answering}
          onClick={() => void phone.answer(ring.call_id)}
          data-testid="answer-button"
        >
          {t("ring.answer")}
        </Button>
        <Button
          className={styles.decline}
          variant="subtle"
          color="var(--bad)"
          size="sm"
          leftSection={<PhoneOff size={16} aria-hidden="true" />}
          rightSection={first ? <Kbd className={styles.quietKey}>{DECLINE_KEYS}</Kbd> : null}
          aria-keyshortcuts={first ? DECLINE_KEYS : undefined}
          disabled={desk.answering !== null || desk.pending.includes("call.decline")}
          onClick={() => void phone.decline(ring.call_id)}
          data-testid="decline-button"
        >
          {t("ring.decline")}
        </Button>
      </div>
      {/* Under the buttons, which are pressed before it comes. */}
      {facts ? <CallerFacts call_id={ring.call_id} steady={crowded} /> : null}
      <TimeLeft key={ring.ring_until_unix_s} ring={ring} now_s={now_s} />
    </section>
  );
}

/** A line that runs out with the ring window: how long there is to answer, without a number that hurries. A call that
 * was given on has a window of its own, long after it was offered. */
function TimeLeft({ ring, now_s }: { ring: RingingCall; now_s: number }) {
  const [begun_s] = useState(ring.given_by ? now_s : ring.offered_unix_s);
  const whole_s = Math.max(1, ring.ring_until_unix_s - begun_s);
  const left = Math.min(1, Math.max(0, (ring.ring_until_unix_s - now_s) / whole_s));
  return <div className={styles.left} style={{ "--left": left } as CSSProperties} aria-hidden="true" />;
}
