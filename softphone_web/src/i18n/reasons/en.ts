import type { reasonsPtBR } from "./pt-BR";

export const reasonsEn: typeof reasonsPtBR = {
  disposition: {
    title: "Results of calls",
    hint: "What agents choose from after each call. The history filters by them, and other systems are told.",
  },
  pause: {
    title: "Reasons for pauses",
    hint: "What agents choose from when they pause. The live wall shows the reason.",
  },
  word: "Word {{n}}",
  up: "Move up: {{word}}",
  remove: "Remove: {{word}}",
  add: "Add",
  usual: "Back to Ramal's own words",
  usualEffect: "The list is again the one that comes with Ramal, in three languages. What was chosen for calls stays.",
  saved: "Saved. Pages that are open show it within five minutes.",
  problem: { missing: "Fill this in.", twice: "It is in the list already." },
};
