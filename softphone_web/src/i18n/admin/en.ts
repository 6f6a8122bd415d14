import type { DeepText } from "../pt-BR";
import type { adminPtBR } from "./pt-BR";

export const adminEn: DeepText<typeof adminPtBR> = {
  number: "Number",
  pages: "Pages of the number",
  toNumbers: "All numbers",
  unknownNumber: "This number is not there any more.",
  unreachable: "This page could not be loaded. What is saved goes on being used for calls.",
  noNetwork: "This computer has no network. The page appears when the connection is back.",
  grant: {
    title: "You lack the administrator role",
    body: "Only administrators change plans, hours and sounds of numbers. Ask one to make the change, or to give you that role.",
  },
  save: "Save",
  saving: "Saving…",
  saved: "Saved. The next calls follow it.",
  nothingChanged: "All saved.",
  unsaved: "Not saved yet:",
  undo: "Undo",
  redo: "Redo",
  keptFromBefore: "These changes are from before you left the page, and are not saved yet.",
  problems: "There are problems marked above: mend them to save.",
  saveFailed: "Not saved: the server did not answer. What you did is still here; try again.",
  saveRefused: "Not saved: there are problems, marked above. What you did is still here.",
  saveRefusedOther: "Not saved: the server refused ({{code}}). What you did is still here.",
  leaving: {
    title: "There are changes that are not saved.",
    leave: "Leave without saving",
    stay: "Stay here",
  },
  meanwhile: {
    title: "{{name}} saved another version at {{time}}.",
    titleUnknown: "Another version was saved at {{time}}.",
    body: "What you did is still here and not saved yet. Look at what changed before you decide.",
    differs: "The saved version differs in: {{what}}",
    theirs: "Show the saved version (Undo brings yours back)",
    mine: "Save mine over it",
  },
};
