import { VisuallyHidden } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { WrapUp } from "../../aftercall/WrapUp";
import { FirstCheck } from "../../check/FirstCheck";
import { useDesk } from "../../desk/DeskProvider";
import { isAsked, microphoneFailed, myCall, phoneIsElsewhere, ringingHere, supervised } from "../../desk/desk";
import { DialPanel } from "../../dial/DialPanel";
import { Supervising, TakenOver } from "../../supervise/Supervise";
import { Asked } from "../../transfer/Consult";
import { Announcer } from "./Announcer";
import { CallCard } from "./CallCard";
import { Elsewhere } from "./Elsewhere";
import { mayTakeFocus } from "./focus";
import { Idle } from "./Idle";
import { LastCall } from "./LastCall";
import styles from "./PhonePanel.module.css";
import { PresenceBar } from "./PresenceBar";
import { Problems } from "./Problems";
import { RingNote } from "./RingNote";
import { RingPanel } from "./RingPanel";
import { useRingKeys } from "./useRingKeys";
import { useTitle } from "./useTitle";
import { WaitingList } from "./WaitingList";

const READ_MS = 8_000;

/** So many of the calls that ring are looked up: in a rush nobody reads of more, and each page would ask for each. */
const RINGS_EXPLAINED = 3;

/** The phone: always there, the same on every page. On a narrow screen a bar that opens by itself when it must; as the
 * `whole` page it has nothing to fold over. */
export function PhonePanel({ whole = false }: { whole?: boolean }) {
  const { t } = useTranslation();
  const desk = useDesk();
  const panel = useRef<HTMLElement>(null);
  const ringing = ringingHere(desk);
  const asked = isAsked(desk) ? (desk.state?.asked ?? null) : null;
  const call = myCall(desk);
  const elsewhere = phoneIsElsewhere(desk);
  const supervising = supervised(desk) !== null;
  const idle = ringing.length === 0 && asked === null && call === null && !elsewhere && !supervising;
  const asksForAttention =
    ringing.length > 0 ||
    asked !== null ||
    call !== null ||
    supervising ||
    (desk.state?.wrap_up ?? null) !== null ||
    desk.chosen !== null ||
    microphoneFailed(desk) ||
    desk.soundUnlocked === false ||
    desk.setOffline;
  const [open, setOpen] = useOpen(asksForAttention);
  useRingKeys(ringing, asked);
  useTitle(ringing, asked);
  useFocusAfterCall(panel, call?.call_id ?? null);
  return (
    <aside
      ref={panel}
      className={styles.phone}
      data-open={open || whole}
      data-whole={whole}
      aria-label={t("phone.label")}
      tabIndex={-1}
    >
      <VisuallyHidden>
        <h2>{t("phone.label")}</h2>
      </VisuallyHidden>
      <Announcer />
      <PresenceBar open={open} onToggle={whole ? null : () => setOpen(!open)} />
      <div className={styles.body}>
        {ringing.map((ring, index) => (
          <RingPanel
            key={ring.call_id}
            ring={ring}
            first={index === 0}
            facts={index < RINGS_EXPLAINED}
            crowded={index < ringing.length - 1}
          />
        ))}
        <Asked />
        {call === null ? null : <CallCard call={call} />}
        <Supervising />
        <Problems />
        {elsewhere ? <Elsewhere /> : null}
        <RingNote />
        <TakenOver />
        {idle ? <Idle /> : null}
        {whole ? null : <FirstCheck />}
        <WrapUp />
        <LastCall />
        {idle ? <DialPanel /> : null}
        <WaitingList />
      </div>
    </aside>
  );
}

/** Opens when something needs the agent, and folds once its outcome has been read; in between the agent decides. */
function useOpen(asked: boolean): [boolean, (open: boolean) => void] {
  const [open, setOpen] = useState(asked);
  const [wasAsked, setWasAsked] = useState(asked);
  // While rendering, not after it: what the ring panel gives the focus to must be visible by then.
  if (asked !== wasAsked) {
    setWasAsked(asked);
    if (asked) setOpen(true);
  }
  useEffect(() => {
    if (asked) return;
    const timer = setTimeout(() => setOpen(false), READ_MS);
    return () => clearTimeout(timer);
  }, [asked]);
  return [open, setOpen];
}

/** When a call's buttons vanish with the focus on them, the focus stays in the phone. */
function useFocusAfterCall(panel: React.RefObject<HTMLElement | null>, call_id: string | null): void {
  const before = useRef(call_id);
  useEffect(() => {
    const isOver = before.current !== null && call_id === null;
    if (isOver && mayTakeFocus() && document.activeElement === document.body) panel.current?.focus();
    before.current = call_id;
  }, [call_id, panel]);
}
