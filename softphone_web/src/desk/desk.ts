/** What one softphone page knows, and how each thing that happens changes it. Pure: no socket, no clock, no browser. */
import type {
  Availability,
  CallQuality,
  CallTakenOver,
  CurrentCall,
  DeskState,
  Microphone,
  PermissionNews,
  Refusal,
  RingingCall,
  RingStopped,
  SupervisedCall,
  WasUnreachable,
} from "../contract/messages";

/** The socket to the gateway. `connecting` is the first attempt, `lost` every later one. */
export type Link = "connecting" | "connected" | "lost";

/** Why a command came to nothing: the gateway's word, or what happened on the way to it. */
export type CommandProblem = Refusal | "no_connection" | "no_answer";

export interface Refused {
  command: string;
  why: CommandProblem;
  /** A colleague who was quicker, where the gateway names one. */
  who?: string | null;
}

/** Somebody to call, chosen from a list: the gateway knows the number, this page does not. */
export interface Chosen {
  contact_id: number;
  number_id: number;
  name: string | null;
  label: string;
}

/** A number to call that the agent need not type; `number_id`: from which of ours. */
export interface TypedFor {
  phone: string;
  number_id: number | null;
}

export interface Desk {
  link: Link;
  /** The gateway's last word; kept while the link is lost. */
  state: DeskState | null;
  /** Another tab was the phone when last heard of; while that one reloads, this one keeps its hands off. */
  wasElsewhere: boolean;
  /** The gateway has not yet said how things stand since the link came back. */
  returning: boolean;
  /** I was not offline when the link went, and am since it came back: the gateway restarted, or I was away too long. */
  setOffline: boolean;
  /** Gateway's clock minus this computer's. */
  clockOffset_s: number;
  microphone: Microphone;
  /** The chosen microphone vanished and the default one took over. */
  microphoneSwitched: boolean;
  /** Its name, where the browser tells it. */
  microphoneName: string;
  /** null: not tried yet on this page. */
  soundUnlocked: boolean | null;
  seat: "none" | "connecting" | "connected";
  /** Microphone, sound and seat are being made. */
  preparing: boolean;
  /** Call that I pressed answer on, until the gateway's state says what came of it. */
  answering: string | null;
  /** Mute shows at once; the gateway's state confirms it. */
  muteWish: { call_id: string; muted: boolean } | null;
  /** Commands on their way. */
  pending: readonly string[];
  refused: Refused | null;
  /** Why the last ring stopped, when that is worth a line. */
  ringNote: RingStopped | null;
  /** Whom the agent is about to call, unless they type a number. */
  chosen: Chosen | null;
  /** On its way to the field where numbers are typed. */
  typed: TypedFor | null;
  /** The newest word of the gateway on anybody's permission; a new object for each. */
  permissionNews: PermissionNews | null;
  /** How the call sounds, by the gateway's last word. */
  quality: CallQuality | null;
  /** This page did not answer for a while, and the agent has not read so yet. */
  wasUnreachable: WasUnreachable | null;
  /** A supervisor took my call, and I have not read so yet. */
  takenOver: CallTakenOver | null;
  sessionExpired: boolean;
}

export type DeskEvent =
  | { type: "link_up" }
  | { type: "link_down" }
  | { type: "session_expired" }
  | { type: "state"; state: DeskState; now_unix_s: number }
  | { type: "ring_stopped"; message: RingStopped }
  | { type: "ring_note_dismissed" }
  | { type: "permission_changed"; message: PermissionNews }
  | { type: "call_quality"; message: CallQuality }
  | { type: "was_unreachable"; message: WasUnreachable }
  | { type: "unreachable_dismissed" }
  | { type: "call_taken_over"; message: CallTakenOver }
  | { type: "taken_over_dismissed" }
  | { type: "callee_chosen"; chosen: Chosen | null }
  | { type: "number_typed"; typed: TypedFor | null }
  | { type: "seat_moved" }
  | { type: "taken_over" }
  | { type: "preparing" }
  | { type: "prepared" }
  | { type: "microphone"; microphone: Microphone }
  | { type: "microphone_switched"; name: string }
  | { type: "sound"; unlocked: boolean }
  | { type: "seat"; seat: Desk["seat"] }
  | { type: "command_sent"; command: string }
  | { type: "command_answered"; command: string; why: CommandProblem | null; who?: string | null }
  | { type: "refusal_dismissed" }
  | { type: "answer_pressed"; call_id: string }
  | { type: "answer_refused" }
  | { type: "mute_wished"; call_id: string; muted: boolean };

export const emptyDesk: Desk = {
  link: "connecting",
  state: null,
  wasElsewhere: false,
  returning: false,
  setOffline: false,
  clockOffset_s: 0,
  microphone: "unknown",
  microphoneSwitched: false,
  microphoneName: "",
  soundUnlocked: null,
  seat: "none",
  preparing: false,
  answering: null,
  muteWish: null,
  pending: [],
  refused: null,
  ringNote: null,
  chosen: null,
  typed: null,
  permissionNews: null,
  quality: null,
  wasUnreachable: null,
  takenOver: null,
  sessionExpired: false,
};

export function reduceDesk(desk: Desk, event: DeskEvent): Desk {
  switch (event.type) {
    case "link_up":
      return { ...desk, link: "connected", returning: desk.state !== null };
    case "link_down":
      return { ...desk, link: desk.state === null ? "connecting" : "lost", pending: [] };
    case "session_expired":
      return { ...desk, sessionExpired: true };
    case "state":
      return afterState(desk, event.state, event.now_unix_s);
    case "ring_stopped":
      return event.message.why === "declined" ? desk : { ...desk, ringNote: event.message };
    case "ring_note_dismissed":
      return { ...desk, ringNote: null };
    case "permission_changed":
      return { ...desk, permissionNews: event.message };
    case "call_quality":
      return { ...desk, quality: event.message };
    case "was_unreachable":
      return { ...desk, wasUnreachable: event.message };
    case "unreachable_dismissed":
      return { ...desk, wasUnreachable: null };
    case "call_taken_over":
      return { ...desk, takenOver: event.message };
    case "taken_over_dismissed":
      return { ...desk, takenOver: null };
    case "callee_chosen":
      return { ...desk, chosen: event.chosen, refused: null };
    case "number_typed":
      return { ...desk, typed: event.typed, chosen: event.typed === null ? desk.chosen : null };
    case "seat_moved":
      return desk.state === null ? desk : { ...desk, state: { ...desk.state, phone: "elsewhere" }, wasElsewhere: true };
    case "taken_over":
      return desk.state === null ? desk : { ...desk, state: { ...desk.state, phone: "here" }, wasElsewhere: false };
    case "preparing":
      return { ...desk, preparing: true, refused: null };
    case "prepared":
      return { ...desk, preparing: false };
    case "microphone":
      return { ...desk, microphone: event.microphone, microphoneSwitched: false };
    case "microphone_switched":
      return { ...desk, microphoneSwitched: true, microphoneName: event.name };
    case "sound":
      return { ...desk, soundUnlocked: event.unlocked };
    case "seat":
      return { ...desk, seat: event.seat };
    case "command_sent":
      return { ...desk, pending: [...desk.pending, event.command], refused: null };
    case "command_answered": {
      const pending = desk.pending.filter((command) => command !== event.command);
      const refused = event.why === null ? desk.refused : { command: event.command, why: event.why, who: event.who };
      return { ...desk, pending, refused };
    }
    case "refusal_dismissed":
      return { ...desk, refused: null };
    case "answer_pressed":
      return { ...desk, answering: event.call_id, refused: null };
    case "answer_refused":
      return { ...desk, answering: null };
    case "mute_wished":
      return { ...desk, muteWish: { call_id: event.call_id, muted: event.muted } };
  }
}

function afterState(desk: Desk, state: DeskState, now_unix_s: number): Desk {
  const stillRinging = state.ringing.some((call) => call.call_id === desk.answering);
  const muteKept = desk.muteWish !== null && state.call?.call_id === desk.muteWish.call_id;
  const news = state.ringing.length > 0 || state.call !== null;
  const fellOffline = desk.returning && desk.state?.availability !== "offline";
  return {
    ...desk,
    state,
    returning: false,
    setOffline: state.availability === "offline" && (desk.setOffline || fellOffline),
    wasElsewhere: state.phone === "nowhere" ? desk.wasElsewhere : state.phone === "elsewhere",
    clockOffset_s: state.server_unix_s - now_unix_s,
    answering: stillRinging ? desk.answering : null,
    muteWish: muteKept && state.call?.muted !== desk.muteWish?.muted ? desk.muteWish : null,
    ringNote: news ? null : desk.ringNote,
    refused: becameMine(desk, state) ? null : desk.refused,
  };
}

/** A call that has begun makes an older refusal pointless. */
function becameMine(desk: Desk, state: DeskState): boolean {
  return state.call !== null && state.call.call_id !== desk.state?.call?.call_id;
}

// ---- what the page reads ---------------------------------------------------------------------------------------------

export function phoneIsElsewhere(desk: Desk): boolean {
  const { state, wasElsewhere } = desk;
  if (state?.phone === "nowhere") return wasElsewhere && (state.availability !== "offline" || state.call !== null);
  return state?.phone === "elsewhere";
}

export function myCall(desk: Desk): CurrentCall | null {
  return phoneIsElsewhere(desk) ? null : (desk.state?.call ?? null);
}

/** The call of somebody else that I am in as their supervisor, in this tab. */
export function supervised(desk: Desk): SupervisedCall | null {
  return phoneIsElsewhere(desk) ? null : (desk.state?.supervising ?? null);
}

/** The lights of the call that I am in. */
export function qualityOf(desk: Desk, call: CurrentCall): CallQuality | null {
  return desk.quality?.call_id === call.call_id ? desk.quality : null;
}

/** A colleague asks me about a call of theirs, in this tab. */
export function isAsked(desk: Desk): boolean {
  return desk.link === "connected" && !phoneIsElsewhere(desk) && (desk.state?.asked ?? null) !== null;
}

/** Calls that ring in this tab, the one that rings longest first. */
export function ringingHere(desk: Desk): RingingCall[] {
  if (desk.link !== "connected" || phoneIsElsewhere(desk) || myCall(desk) !== null) return [];
  return (desk.state?.ringing ?? []).toSorted((a, b) => a.offered_unix_s - b.offered_unix_s);
}

export function isMuted(desk: Desk): boolean {
  const call = myCall(desk);
  if (call === null) return false;
  return desk.muteWish?.call_id === call.call_id ? desk.muteWish.muted : call.muted;
}

export function microphoneFailed(desk: Desk): boolean {
  return desk.microphone !== "unknown" && desk.microphone !== "ok";
}

export function chosenAvailability(desk: Desk): Availability {
  return desk.state?.availability ?? "offline";
}

/** This tab should have a microphone, sound and a seat without anybody asking for them. */
export function seatIsWanted(desk: Desk): boolean {
  if (desk.link !== "connected" || desk.state === null || phoneIsElsewhere(desk)) return false;
  return desk.state.availability === "ready" || desk.state.call !== null || supervised(desk) !== null;
}

/** The microphone goes to the gateway: in a call, from the press of answer on, and where a supervisor speaks. */
export function speaks(desk: Desk): boolean {
  const supervising = supervised(desk);
  return desk.answering !== null || myCall(desk) !== null || (supervising !== null && supervising.way !== "listen");
}
