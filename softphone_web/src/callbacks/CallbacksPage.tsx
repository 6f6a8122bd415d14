import { Button, Loader } from "@mantine/core";
import { CircleCheck, Phone } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useDesk, useDispatch } from "../desk/DeskProvider";
import { myCall } from "../desk/desk";
import { useNow_s } from "../desk/useNow";
import { standingText } from "../dial/words";
import { clockTime, moment } from "../i18n/format";
import { Erasing } from "../retention/Erasing";
import { Empty, Go } from "../shell/Empty";
import { Trouble } from "../shell/Trouble";
import styles from "./CallbacksPage.module.css";
import { type Callback, choiceOfCard, useCallbackDeed, useCallbacks } from "./callbacks";

/** Whoever called in vain, until somebody talks to them. */
export function CallbacksPage() {
  const { t } = useTranslation();
  const callbacks = useCallbacks();
  const { data } = callbacks;
  return (
    <section className={styles.page} aria-labelledby="callbacks-title" data-testid="callbacks">
      <h1 id="callbacks-title">{t("callbacks.title")}</h1>
      {callbacks.isError ? (
        <Trouble words={t("callbacks.unreachable")} retry={callbacks.refetch} testid="callbacks-trouble" />
      ) : null}
      {callbacks.isPending ? <Loader size="sm" aria-label={t("shell.loading")} /> : null}
      {data?.length === 0 ? (
        <Empty
          icon={CircleCheck}
          title={t("empty.title.callbacks")}
          words={t("callbacks.none")}
          testid="callbacks-none"
        >
          <Go to="/history">{t("empty.go.history")}</Go>
        </Empty>
      ) : null}
      <ul className={styles.cards}>
        {data?.map((card) => (
          <Card key={card.id} card={card} refetch={() => void callbacks.refetch()} />
        ))}
      </ul>
    </section>
  );
}

function Card({ card, refetch }: { card: Callback; refetch: () => void }) {
  const { t, i18n } = useTranslation();
  const desk = useDesk();
  const dispatch = useDispatch();
  const now_s = useNow_s();
  const deed = useCallbackDeed();
  const me = desk.state?.me.agent_id;
  const mine = card.taken_by !== null && card.taken_by === me;
  const others = card.taken_by !== null && !mine;
  const when = (at: string) => moment(Date.parse(at) / 1000, now_s, i18n.language);
  const status = card.permission === null ? null : standingText(t, card.permission);
  const mayErase = desk.state?.me.role === "administrator";
  return (
    <li className={styles.card} data-testid="callback" data-reason={card.reason} data-taken={card.taken_by !== null}>
      <div className={styles.who}>
        <h2>{card.customer_name ?? card.customer_label}</h2>
        <p>
          {[card.customer_name === null ? null : card.customer_label, card.number_label, card.department]
            .filter(Boolean)
            .join(" · ")}
        </p>
      </div>
      <div className={styles.why}>
        <strong>{t(`callbacks.reason.${card.reason}`)}</strong>
        <p>
          {card.times > 1
            ? t("callbacks.times", { n: card.times, first: when(card.first_at), last: when(card.last_at) })
            : when(card.last_at)}
        </p>
        {status === null ? null : <p data-testid="callback-permission">{status}</p>}
        {card.messages.map(({ call_id, seconds, legal_hold, with_recording }) => (
          <div key={call_id}>
            {/* biome-ignore lint/a11y/useMediaCaption: a customer's message has none */}
            <audio
              controls
              preload="none"
              src={`/api/v1/calls/${call_id}/message/audio`}
              aria-label={t("callbacks.message", { length: clockTime(seconds) })}
              data-testid="callback-message"
            />
            {legal_hold ? (
              <p data-testid="callback-message-held">
                {t(with_recording ? "retention.heldWithRecording" : "retention.held")}
              </p>
            ) : null}
            {mayErase ? (
              <Erasing thing="message" call={call_id} held={legal_hold} fixed={with_recording} onDone={refetch} />
            ) : null}
          </div>
        ))}
        {card.taken_by_name === null ? null : (
          <p data-testid="callback-taken">
            {mine ? t("callbacks.mine") : t("callbacks.takenBy", { name: card.taken_by_name })}
          </p>
        )}
        {deed.takenBy === null ? null : <p role="alert">{t("callbacks.tooLate", { name: deed.takenBy })}</p>}
        {deed.isError && deed.takenBy === null ? <p role="alert">{t("callbacks.failed")}</p> : null}
      </div>
      <div className={styles.actions}>
        <Button
          size="sm"
          leftSection={<Phone size={15} aria-hidden="true" />}
          disabled={others || myCall(desk) !== null || !desk.state?.call_from?.length}
          loading={deed.isPending && deed.variables?.what === "take"}
          onClick={() =>
            deed.mutate(
              { id: card.id, what: "take" },
              { onSuccess: () => dispatch({ type: "callee_chosen", chosen: choiceOfCard(card) }) },
            )
          }
          data-testid="callback-call"
        >
          {t("callbacks.call")}
        </Button>
        {mine ? (
          <Button
            size="xs"
            variant="default"
            onClick={() => deed.mutate({ id: card.id, what: "give-back" })}
            data-testid="callback-give-back"
          >
            {t("callbacks.giveBack")}
          </Button>
        ) : null}
        <Button
          size="xs"
          variant="default"
          onClick={() => deed.mutate({ id: card.id, what: "done" })}
          data-testid="callback-done"
        >
          {t("callbacks.done")}
        </Button>
        <Button
          size="xs"
          variant="default"
          onClick={() => deed.mutate({ id: card.id, what: "dismissed" })}
          data-testid="callback-dismiss"
        >
          {t("callbacks.dismiss")}
        </Button>
      </div>
    </li>
  );
}
