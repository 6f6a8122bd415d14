import type { Texts } from "../pt-BR";

export const qualityEn: Texts["quality"] = {
  label: "Call quality",
  of: { microphone: "Microphone", network: "Your network", customer: "Customer" },
  light: { good: "good", fair: "fair", poor: "poor", off: "muted" },
  switchedTo: "Your microphone was unplugged. Now in use: {{name}}.",
  trouble: {
    customer_silent: {
      title: "No sound from the customer",
      step: "Their microphone or connection may have failed. Ask them to check; if nothing changes, hang up and call back.",
    },
    customer_receives_nothing: {
      title: "The customer cannot hear you",
      step: "What we send does not reach the customer's phone. Wait a few seconds; if it stays so, hang up and call back.",
    },
    microphone_gone: {
      title: "No microphone",
      step: "The customer cannot hear you. Plug in the headset or another microphone: it is used at once.",
    },
    microphone_muted: {
      title: "The system mutes your microphone",
      step: "Check the headset's mute button and the computer's sound settings.",
    },
    microphone_silent: {
      title: "Your microphone picks up nothing but silence",
      step: "Check the headset's mute button, or choose another microphone on the Audio page.",
    },
    microphone_sends_nothing: {
      title: "Your voice does not reach us",
      step: "Check the cable or the Wi-Fi. If it stays so, reload the page: the call goes on.",
    },
    agent_hears_nothing: {
      title: "The sound does not reach you",
      step: "Check the cable or the Wi-Fi. If it stays so, reload the page: the call goes on.",
    },
    agent_path_broken: {
      title: "Your network lets no sound through",
      step: "We are making the connection anew. Check the cable, the Wi-Fi or the VPN.",
    },
  },
  wasUnreachable: "This page did not answer from {{since}} to {{until}}. Calls went to others.",
  keepAwake: "Browsers may put hidden tabs to sleep: keep Ramal in a window of its own.",
};
