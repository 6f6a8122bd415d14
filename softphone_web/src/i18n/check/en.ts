import type { DeepText } from "../pt-BR";
import type { checkPtBR } from "./pt-BR";

export const checkEn: DeepText<typeof checkPtBR> = {
  title: "Check this computer",
  intro: "Microphone, speaker and network, in a minute. Nobody hears what you say here.",
  start: "Start",
  again: "Check again",
  elsewhere: "Your phone is in another tab. Close it, or use the phone here, to check.",
  state: { waiting: "not checked", running: "checking…", good: "fine", poor: "with limits", bad: "has a problem" },
  browser: {
    title: "Browser",
    good: "This browser has all that the phone needs.",
    insecure: "Browsers allow the microphone on https pages only. Ask your administrator for the secure address.",
    old: "This browser cannot make calls. Use a current Chrome, Edge, Firefox or Safari.",
  },
  microphone: {
    title: "Microphone",
    speak: "Say a few words.",
    good: "Your voice reaches the microphone.",
    quiet: "Nothing is heard yet. See whether the headset is muted, or choose another microphone on the Audio page.",
  },
  speaker: {
    title: "Speaker",
    play: "Play the ringing tone",
    question: "Do you hear the tone?",
    yes: "I hear it",
    no: "I do not",
    good: "You hear the ringing tone.",
    bad: "Turn up the volume of computer and headset, or choose another speaker on the Audio page.",
  },
  network: {
    microphoneFirst: "It is checked once there is a microphone.",
    title: "Network",
    hint: "It takes some seconds.",
    good: "Sound reaches the gateway well: {{rtt_ms}} ms there and back.",
    no_path:
      "Sound does not reach the gateway: a firewall is in the way. Ask those who run the network to allow UDP to this address, or the administrator for a TURN server.",
    no_link: "The gateway does not answer. See whether the internet works.",
    delay: "Sound takes long: {{rtt_ms}} ms there and back. Downloads or a VPN on the same path may be why.",
    loss: "{{loss}}% of the sound is lost on the way. Prefer a cable to Wi-Fi, or move closer to the router.",
    jitter: "Sound arrives in bursts ({{jitter_ms}} ms). Prefer a cable to Wi-Fi; close videos and downloads.",
    relayed: "Sound goes through a relay (TURN): it works, with a little more delay.",
    not_reported: "There is a path, but the gateway has not yet told how sound arrives. Check again.",
  },
  audioPage: "Choose devices on the Audio page",
  done: "Ready to take calls.",
};
