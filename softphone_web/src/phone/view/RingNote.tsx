import { PhoneForwarded, PhoneMissed } from "lucide-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import type { RingStopped } from "../../contract/messages";
import { useDesk, useDispatch } from "../../desk/DeskProvider";
import { callerName } from "./caller";
import { Note } from "./Note";

const SHOWN_MS = 8_000;

/** Why a call stopped ringing here; goes by itself. */
export function RingNote() {
  const { t } = useTranslation();
  const { ringNote } = useDesk();
  const dispatch = useDispatch();
  useEffect(() => {
    if (ringNote === null) return;
    const timer = setTimeout(() => dispatch({ type: "ring_note_dismissed" }), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [ringNote, dispatch]);
  if (ringNote === null || ringNote.why === "declined") return null;
  const taken = ringNote.why === "taken";
  return (
    <Note
      kind="plain"
      icon={taken ? PhoneForwarded : PhoneMissed}
      role="status"
      testid={taken ? "taken-note" : "ring-stopped-note"}
      close={{ label: t("ringStopped.dismiss"), press: () => dispatch({ type: "ring_note_dismissed" }) }}
    >
      <RingNoteText note={ringNote} why={ringNote.why} />
    </Note>
  );
}

function RingNoteText({ note, why }: { note: RingStopped; why: Exclude<RingStopped["why"], "declined"> }) {
  const { t } = useTranslation();
  const caller = callerName(note.party);
  if (why !== "taken") return <p>{t(`ringStopped.${why}`, { caller })}</p>;
  return (
    <>
      <strong>{note.by ? t("ringStopped.taken", { by: note.by }) : t("ringStopped.takenUnknown")}</strong>
      <p>{caller}</p>
    </>
  );
}
