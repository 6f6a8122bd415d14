import type { Texts } from "../pt-BR";

export const callbacksEn: Texts["callbacks"] = {
  title: "Call back",
  none: "Whoever calls in vain, gives up in the line or leaves a message is here until somebody of the team talks to them.",
  unreachable: "The list could not be loaded right now.",
  reason: {
    missed: "Nobody answered",
    abandoned: "Waited in the queue and gave up",
    promised: "Asked us to call",
    interrupted: "The conversation broke off",
    failed: "The call failed before anybody answered",
  },
  times: "{{n}} times, from {{first}} to {{last}}",
  message: "Voice message, {{length}}",
  mine: "Yours now",
  takenBy: "{{name}} has it",
  tooLate: "{{name}} was quicker.",
  failed: "That did not work. Try again.",
  call: "Call back",
  giveBack: "Give it back",
  done: "Settled already",
  dismiss: "No need to call",
};
