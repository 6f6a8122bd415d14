import { ActionIcon, Button } from "@mantine/core";
import { Ear, Headphones, PhoneForwarded } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { CurrentCall, Way } from "../contract/messages";
import { useDesk, useDispatch, usePhone } from "../desk/DeskProvider";
import { myCall, supervised } from "../desk/desk";
import { callerName } from "../phone/view/caller";
import { Note } from "../phone/view/Note";
import styles from "../transfer/Transfer.module.css";

const WAYS: readonly Way[] = ["listen", "whisper", "barge_in"];

/** The call that I supervise: what I am in it, and what else I can be. */
export function Supervising() {
  const { t } = useTranslation();
  const desk = useDesk();
  const phone = usePhone();
  const call = supervised(desk);
  if (call === null) return null;
  const offline = desk.link !== "connected";
  return (
    <section
      className={styles.consult}
      aria-labelledby="supervising-title"
      data-testid="supervising"
      data-way={call.way}
    >
      <h3 id="supervising-title">
        <Headphones size={17} aria-hidden="true" />{" "}
        {call.agent === null ? t("supervise.waiting") : t("supervise.title", { agent: call.agent })}
      </h3>
      <p>{t("supervise.with", { caller: callerName(call.party) })}</p>
      <p role="status">{t(`supervise.now.${call.way}`)}</p>
      {WAYS.filter((way) => way !== call.way).map((way) => (
        <Button
          key={way}
          fullWidth
          variant="default"
          disabled={offline || call.agent === null}
          loading={desk.pending.includes(`supervise.${way}`)}
          onClick={() => void phone.supervise(call.call_id, way)}
          data-testid={`supervise-${way}`}
        >
          {t(`supervise.to.${way}`)}
        </Button>
      ))}
      <Button
        fullWidth
        variant="default"
        disabled={offline || call.agent === null}
        loading={desk.pending.includes("supervise.take_over")}
        onClick={() => void phone.takeCallOver(call.call_id)}
        data-testid="supervise-take-over"
      >
        {t("supervise.takeOver")}
      </Button>
      <Button
        fullWidth
        disabled={offline}
        loading={desk.pending.includes("supervise.leave")}
        onClick={() => void phone.leaveCall(call.call_id)}
        data-testid="supervise-leave"
      >
        {t("supervise.leave")}
      </Button>
    </section>
  );
}

/** A supervisor is in my call. */
export function SupervisorSeen({ call }: { call: CurrentCall }) {
  const { t } = useTranslation();
  const there = call.supervisor ?? null;
  if (there === null) return null;
  return (
    <Note kind="plain" icon={Ear} role="status" testid="supervisor-seen">
      <p>{t(`supervise.seen.${there.way}`, { name: there.name })}</p>
    </Note>
  );
}

/** A supervisor has my call now; gone when it was read. */
export function TakenOver() {
  const { t } = useTranslation();
  const { takenOver } = useDesk();
  const dispatch = useDispatch();
  if (takenOver === null) return null;
  return (
    <Note
      kind="plain"
      icon={PhoneForwarded}
      role="status"
      testid="call-taken-over"
      close={{ label: t("ringStopped.dismiss"), press: () => dispatch({ type: "taken_over_dismissed" }) }}
    >
      <p>{t("supervise.taken", { name: takenOver.by })}</p>
    </Note>
  );
}

/** Into a call that is up, from the list; the gateway decides whether this supervisor may. */
export function ListenIn({ call_id, caller }: { call_id: string; caller: string }) {
  const { t } = useTranslation();
  const desk = useDesk();
  const phone = usePhone();
  const role = desk.state?.me.role ?? "agent";
  const isMine = myCall(desk)?.call_id === call_id || supervised(desk)?.call_id === call_id;
  if (role === "agent" || isMine) return null;
  const label = t("supervise.start", { caller });
  return (
    <ActionIcon
      variant="subtle"
      size={40}
      aria-label={label}
      title={label}
      disabled={desk.link !== "connected"}
      onClick={() => void phone.supervise(call_id, "listen")}
      data-testid="listen-in"
    >
      <Headphones size={18} aria-hidden="true" />
    </ActionIcon>
  );
}
