import type { Texts } from "../pt-BR";

export const recordingEn: Texts["recording"] = {
  light: {
    off: "Not recorded",
    on: "Recording",
    paused: "Recording paused",
    failed: "Recording broken off",
    asking: "Asking for consent",
    refused: "Recording refused",
  },
  start: "Record",
  stop: "Stop recording",
  holdBack: "Pause for card data",
  goOn: "Go on recording",
  asking: "The customer is hearing the notice about recording. You will hear each other right after it.",
  heldBack: "Nothing is kept until you go on recording.",
  failed: {
    disk_full: "The server's disk is full. The call goes on without a recording; tell the administrator.",
    other: "The server cannot record any more. The call goes on without a recording; tell the administrator.",
  },
  column: "Recording",
  open: "Recording: {{state}}. Open",
  close: "Close the recording",
  state: {
    none: "Not recorded",
    meta: "Recorded by Meta",
    recording: "Recording now",
    finishing: "Preparing the sound",
    recorded: "Recorded",
    partial: "Recorded in part",
    failed: "Recording failed",
    refused: "Recording refused",
    deleted: "Recording deleted",
  },
};
