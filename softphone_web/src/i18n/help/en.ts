import type { DeepText } from "../pt-BR";
import type { helpPtBR } from "./pt-BR";

export const helpEn: DeepText<typeof helpPtBR> = {
  title: "Help",
  limits: {
    title: "What WhatsApp does not do",
    desktop:
      "Customers cannot call from WhatsApp on a computer (Desktop or Web): ask them to call from their phone. The same holds for the call link and the call button.",
    oldApp:
      "The customer's app must be recent: older versions show neither the call button nor a request for permission. Ask them to update WhatsApp.",
    groups: "There are voice calls between one customer and the company only: no groups, no video.",
    phone: "WhatsApp calls do not go through the telephone network: they cannot be transferred to a phone number.",
    permission: "Only those who allowed it are called. A permission is for one of our numbers, not for the others.",
    silent: "Until we answer, the customer hears ringing only: no message can be played before.",
  },
  questions: {
    title: "Why it is so",
    whyAsk: {
      ask: "Why must permission be asked for?",
      answer:
        "Meta wants people to get calls only from companies that they have chosen. Without permission WhatsApp does not even let the customer's phone ring.",
    },
    whyWait: {
      ask: "Why can I not ask again now?",
      answer:
        "Meta limits requests per day and per week so that nobody is bothered. Whoever asks too often loses the right to ask and to call.",
    },
    whyOnce: {
      ask: "Why do unanswered calls count?",
      answer:
        "Several unanswered calls in a row are, to Meta, a sign that the customer does not want to talk: WhatsApp warns, and then takes the permission away.",
    },
    whyHidden: {
      ask: "Why has the call button gone from our number?",
      answer:
        "When few calls of customers are answered, Meta hides the button, so that nobody calls in vain. Supervisors see the warning before.",
    },
    official: {
      ask: "Does it work with any WhatsApp number?",
      answer:
        "No. It depends on the official WhatsApp API (Cloud API) alone: numbers of the app, in coexistence, or connected by QR code make no calls here.",
    },
  },
  catalogue: {
    title: "What Ramal says when something cannot be done",
    hint: "Each refusal, what helps and, in small print, the code for support.",
    meta: "Meta's {{codes}}",
  },
};
