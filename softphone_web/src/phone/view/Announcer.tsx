import { VisuallyHidden } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useDesk } from "../../desk/DeskProvider";
import { isMuted, myCall, ringingHere } from "../../desk/desk";
import { callerName } from "./caller";

/** What a screen reader says by itself: a ring at once, the course of a call when it has a moment. */
export function Announcer() {
  const { t } = useTranslation();
  const desk = useDesk();
  const ring = ringingHere(desk)[0];
  const call = myCall(desk);
  const talking = call?.phase === "talking" ? callerName(call.party) : null;
  const muted = isMuted(desk);
  const [course, setCourse] = useState("");
  const before = useRef({ talking, muted, call_id: call?.call_id });
  const ended = desk.state?.last_call?.call_id;

  useEffect(() => {
    const was = before.current;
    before.current = { talking, muted, call_id: call?.call_id };
    if (talking !== null && was.talking === null) setCourse(t("call.announceTalking", { caller: talking }));
    else if (talking === null && was.talking !== null && call === null)
      setCourse(t(was.call_id === ended ? "call.announceEnded" : "call.announceGiven"));
    else if (talking !== null && muted !== was.muted)
      setCourse(t(muted ? "call.announceMuted" : "call.announceUnmuted"));
  }, [talking, muted, call, ended, t]);

  // A call of ours: what the agent would otherwise see only.
  const outbound = call?.direction === "outbound" && call.phase !== "talking" ? call.phase : null;
  useEffect(() => {
    if (outbound !== null) setCourse(t(`call.${outbound}`));
  }, [outbound, t]);

  const ringText =
    ring === undefined ? "" : t("ring.announce", { caller: callerName(ring.party), number: ring.party.number_label });
  return (
    <VisuallyHidden>
      <div role="alert" aria-live="assertive" data-testid="ring-announcement">
        {ringText}
      </div>
      <div role="status" aria-live="polite">
        {course}
      </div>
    </VisuallyHidden>
  );
}
