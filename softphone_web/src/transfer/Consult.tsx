import { Button, Kbd } from "@mantine/core";
import { Users } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { AskedNow, ConsultNow, CurrentCall } from "../contract/messages";
import { useDesk, usePhone } from "../desk/DeskProvider";
import { phoneIsElsewhere } from "../desk/desk";
import { callerName } from "../phone/view/caller";
import { mayTakeFocus } from "../phone/view/focus";
import { ANSWER_KEY, DECLINE_KEYS } from "../phone/view/useRingKeys";
import styles from "./Transfer.module.css";

/** A colleague is in my call, or I am in theirs, while the customer hears music. */
export function Consult({ call }: { call: CurrentCall }) {
  const { consult } = call;
  return consult ? <ConsultPanel call={call} consult={consult} /> : null;
}

function ConsultPanel({ call, consult }: { call: CurrentCall; consult: ConsultNow }) {
  const { t } = useTranslation();
  const desk = useDesk();
  const phone = usePhone();
  const panel = useRef<HTMLElement>(null);
  // The button that asked took the focus with it. No button here: it would be pressed by mistake.
  useEffect(() => {
    if (mayTakeFocus() && document.activeElement === document.body) panel.current?.focus();
  }, []);
  const { name, asker, ringing, joined } = consult;
  return (
    <section
      ref={panel}
      className={styles.consult}
      aria-labelledby="consult-title"
      tabIndex={-1}
      data-testid="consult"
      data-ringing={ringing}
    >
      <h4 id="consult-title">
        <Users size={17} aria-hidden="true" />{" "}
        {t(joined ? "transfer.three" : asker ? "transfer.with" : "transfer.askedBy", { name })}
      </h4>
      <p role="status">
        {ringing ? t("transfer.ringing", { name }) : t(joined ? "transfer.allHear" : "transfer.customerWaits")}
      </p>
      {asker && !ringing && !joined ? (
        <Button
          fullWidth
          loading={desk.pending.includes("consult.join")}
          onClick={() => void phone.joinAll(call.call_id)}
          data-testid="consult-join"
        >
          {t("transfer.join")}
        </Button>
      ) : null}
      {asker && !ringing ? (
        <Button
          fullWidth
          loading={desk.pending.includes("consult.hand_over")}
          onClick={() => void phone.handOver(call.call_id)}
          data-testid="consult-hand-over"
        >
          {t("transfer.handOver")}
        </Button>
      ) : null}
      <Button
        fullWidth
        variant="default"
        loading={desk.pending.includes("consult.leave")}
        onClick={() => void phone.leaveConsult(call.call_id)}
        data-testid="consult-leave"
      >
        {t(asker ? (joined ? "transfer.alone" : "transfer.back") : joined ? "transfer.leaveThree" : "transfer.leave")}
      </Button>
    </section>
  );
}

/** A colleague asks me: it rings. */
export function Asked() {
  const desk = useDesk();
  const asked = desk.state?.asked ?? null;
  return asked === null || phoneIsElsewhere(desk) ? null : <AskedPanel key={asked.call_id} asked={asked} />;
}

function AskedPanel({ asked }: { asked: AskedNow }) {
  const { t } = useTranslation();
  const desk = useDesk();
  const phone = usePhone();
  const answer = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (mayTakeFocus()) answer.current?.focus();
  }, []);
  return (
    <section className={styles.asked} role="alert" aria-labelledby="asked-title" data-testid="asked">
      <h3 id="asked-title">{t("transfer.asks", { name: asked.by })}</h3>
      <p>{t("transfer.about", { caller: callerName(asked.party) })}</p>
      <Button
        ref={answer}
        fullWidth
        size="md"
        rightSection={<Kbd>{ANSWER_KEY}</Kbd>}
        aria-keyshortcuts={ANSWER_KEY}
        loading={desk.pending.includes("consult.answer")}
        onClick={() => void phone.answerConsult(asked.call_id)}
        data-testid="consult-answer"
      >
        {t("transfer.talk")}
      </Button>
      <Button
        fullWidth
        variant="default"
        rightSection={<Kbd>{DECLINE_KEYS}</Kbd>}
        aria-keyshortcuts={DECLINE_KEYS}
        loading={desk.pending.includes("consult.leave")}
        onClick={() => void phone.leaveConsult(asked.call_id)}
        data-testid="consult-decline"
      >
        {t("transfer.notNow")}
      </Button>
    </section>
  );
}
