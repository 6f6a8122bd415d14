/** Words, colours and shapes of states: of calls, of agents, of sound and of recordings. */
import {
  Circle,
  CircleCheck,
  CircleDot,
  CircleOff,
  CirclePause,
  Headphones,
  Hourglass,
  ListTree,
  type LucideIcon,
  MessageCircleQuestion,
  MessagesSquare,
  Mic,
  MicOff,
  NotebookPen,
  Pause,
  Phone,
  PhoneCall,
  PhoneForwarded,
  PhoneOff,
  PhoneOutgoing,
  Signal,
  SignalLow,
  SignalMedium,
  TriangleAlert,
  Unplug,
  Users,
  WifiOff,
} from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Light, WallAgent, WallCall } from "../contract/messages";
import styles from "./Wall.module.css";
import { type CallState, stateOf } from "./wall";

const OF_CALLS: Record<CallState, LucideIcon> = {
  waiting: Hourglass,
  transfer: PhoneForwarded,
  plan: ListTree,
  answering: PhoneCall,
  dialing: PhoneOutgoing,
  ringing: PhoneOutgoing,
  talking: Phone,
  hold: Pause,
  asking: MessagesSquare,
  three: Users,
  reattaching: Unplug,
  ending: PhoneOff,
};

export function CallStateMark({ call }: { call: WallCall }) {
  const { t } = useTranslation();
  const state = stateOf(call);
  const Icon = OF_CALLS[state];
  return (
    <span className={styles.state} data-state={state}>
      <Icon size={15} aria-hidden="true" />
      <span>{t(`wall.state.${state}`, { name: call.colleague?.name ?? "" })}</span>
    </span>
  );
}

const OF_AGENTS: Record<WallAgent["presence"], LucideIcon> = {
  in_call: Phone,
  claiming: PhoneCall,
  free: CircleCheck,
  wrap_up: NotebookPen,
  not_ready: TriangleAlert,
  unreachable: WifiOff,
  paused: Pause,
  offline: CircleOff,
};

export function PresenceIcon({ presence }: { presence: WallAgent["presence"] }) {
  const Icon = OF_AGENTS[presence];
  return <Icon size={15} aria-hidden="true" />;
}

const WORST_FIRST: readonly Light[] = ["poor", "fair", "good"];
const BARS: Record<Light, LucideIcon> = { good: Signal, fair: SignalMedium, poor: SignalLow };

/** The worst of the three lights, and whose they are to who asks; what is wrong with the sound outranks them. */
export function SoundMark({ call }: { call: WallCall }) {
  const { t } = useTranslation();
  if (call.troubles.length > 0) {
    const words = call.troubles.map((trouble) => t(`wall.trouble.${trouble}`)).join(" ");
    return (
      <span className={styles.sound} data-light="poor" title={words}>
        <TriangleAlert size={15} role="img" aria-label={words} />
      </span>
    );
  }
  const { sound } = call;
  if (sound === null) return null;
  const lights = { microphone: sound.microphone ?? "good", network: sound.network, customer: sound.customer };
  const worst = WORST_FIRST.find((light) => Object.values(lights).includes(light)) ?? "good";
  const words = t("wall.sound", {
    network: t(`quality.light.${sound.network}`),
    microphone: t(`quality.light.${sound.microphone ?? "off"}`),
    customer: t(`quality.light.${sound.customer}`),
  });
  const Bars = BARS[worst];
  return (
    <span className={styles.sound} data-light={worst} title={words}>
      <Bars size={16} role="img" aria-label={words} />
      {call.muted ? <MicOff size={14} aria-hidden="true" /> : <Mic size={14} aria-hidden="true" />}
    </span>
  );
}

const OF_RECORDINGS: Record<WallCall["recording"], LucideIcon> = {
  off: Circle,
  on: CircleDot,
  paused: CirclePause,
  failed: TriangleAlert,
  asking: MessageCircleQuestion,
  refused: CircleOff,
};

/** Nothing where nothing is recorded. */
export function RecordingMark({ call }: { call: WallCall }) {
  const { t } = useTranslation();
  if (call.recording === "off") return null;
  const Icon = OF_RECORDINGS[call.recording];
  const words = t(`recording.light.${call.recording}`);
  return (
    <span className={styles.recording} data-light={call.recording} title={words}>
      <Icon size={15} role="img" aria-label={words} />
    </span>
  );
}

export function SupervisorMark({ call }: { call: WallCall }) {
  const { t } = useTranslation();
  if (call.supervisor === null) return null;
  const words = t(`wall.supervisor.${call.supervisor.way}`, { name: call.supervisor.name });
  return (
    <span className={styles.recording} title={words} data-testid="wall-supervisor">
      <Headphones size={15} role="img" aria-label={words} />
    </span>
  );
}
