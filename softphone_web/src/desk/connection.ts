/** The Socket.IO connection to the gateway: events become desk events, commands are answered by acks. */
import { io, type Socket } from "socket.io-client";
import type { Ack, Commands, Events, PageHere, PlaceAck, Relays, SeatAck } from "../contract/messages";
import type { CommandProblem, DeskEvent } from "./desk";
import { claimTabId } from "./tab";

const ACK_WITHIN_MS = 8_000;
const RETRY_MS = 2_000;
/** After a change of network a dead connection would otherwise be noticed by the heartbeat, 20 s late. */
const DOUBTED_MS = 1_000;

export type CommandName = keyof Commands;
export type AckOf<C extends CommandName> = C extends "seat.offer" ? SeatAck : C extends "call.place" ? PlaceAck : Ack;
/** `ack` of a refusal: what the gateway said beside `why`; absent when it said nothing. */
export type Answered<C extends CommandName> =
  | { ok: true; ack: AckOf<C> }
  | { ok: false; why: CommandProblem; ack?: AckOf<C> };
export type SendCommand = <C extends CommandName>(name: C, message: Commands[C]) => Promise<Answered<C>>;

/** Calls back with each such message; returns how to stop. */
export type Listen = <E extends keyof Events>(event: E, hear: (message: Events[E]) => void) => () => void;

export interface Connection {
  send: SendCommand;
  /** For what only the page needs that shows it. */
  listen: Listen;
  /** The sound of this computer's network has just died: does the link still carry? If not, it is made anew at once. */
  doubt(): void;
  close(): void;
}

export interface ConnectionListener {
  dispatch(event: DeskEvent): void;
  /** The link is up (again): what only this page knows must be told anew. */
  linkUp(): void;
  seatLost(seat_id: string): void;
  relays(relays: Relays): void;
}

type PageEvents = { "page.here": (message: PageHere) => void };
/** Socket.IO's own types do not follow a name that is not known yet. */
type Hearing = (event: string, hear: (message: never) => void) => void;

type ServerEvents = { [E in keyof Events]: (message: Events[E]) => void };

export function connectToGateway(listener: ConnectionListener): Connection {
  const tabId = claimTabId();
  const socket: Socket<ServerEvents, PageEvents> = io({
    path: "/socket.io",
    auth: (give) => void tabId.then((tab_id) => give({ tab_id })),
    transports: ["websocket", "polling"],
    reconnection: true,
    reconnectionAttempts: Number.POSITIVE_INFINITY,
    reconnectionDelay: 300,
    reconnectionDelayMax: 3_000,
  });
  let retry: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  /** Socket.IO gives up by itself when the server closed or refused the connection; an agent's phone does not. */
  function connectAgainLater(): void {
    clearTimeout(retry);
    if (!closed) retry = setTimeout(() => socket.connect(), RETRY_MS);
  }

  function expire(): void {
    closed = true;
    socket.disconnect();
    listener.dispatch({ type: "session_expired" });
  }

  socket.on("connect", () => {
    listener.dispatch({ type: "link_up" });
    listener.linkUp();
    if (document.hidden) sayHere();
  });
  socket.on("disconnect", (reason) => {
    listener.dispatch({ type: "link_down" });
    if (reason === "io server disconnect") connectAgainLater();
  });
  socket.on("connect_error", (error) => {
    if (codeOf(error) === "session_expired") return expire();
    listener.dispatch({ type: "link_down" });
    if (!socket.active) connectAgainLater();
  });
  socket.on("state", (state) => listener.dispatch({ type: "state", state, now_unix_s: Date.now() / 1000 }));
  socket.on("ring_stopped", (message) => listener.dispatch({ type: "ring_stopped", message }));
  socket.on("permission_changed", (message) => listener.dispatch({ type: "permission_changed", message }));
  socket.on("call_quality", (message) => listener.dispatch({ type: "call_quality", message }));
  socket.on("was_unreachable", (message) => listener.dispatch({ type: "was_unreachable", message }));
  socket.on("call_taken_over", (message) => listener.dispatch({ type: "call_taken_over", message }));
  // No answer is awaited, and no timer is in between: those of a hidden page may be a minute late.
  const sayHere = () => socket.connected && socket.emit("page.here", { visible: !document.hidden });
  socket.on("are_you_there", sayHere);
  document.addEventListener("visibilitychange", sayHere);
  socket.on("seat_moved", () => listener.dispatch({ type: "seat_moved" }));
  socket.on("seat_lost", ({ seat_id }) => listener.seatLost(seat_id));
  socket.on("relays", (relays) => listener.relays(relays));

  async function send<C extends CommandName>(name: C, message: Commands[C]): Promise<Answered<C>> {
    // Socket.IO would keep the command for later; an answer pressed ten seconds ago must not go off then.
    if (!socket.connected) return { ok: false, why: "no_connection" };
    try {
      const ack: AckOf<C> = await (socket as Socket).timeout(ACK_WITHIN_MS).emitWithAck(name, message);
      if (ack.ok) return { ok: true, ack };
      if (ack.why === "session_expired") expire();
      return { ok: false, why: ack.why ?? "no_answer", ack };
    } catch {
      return { ok: false, why: "no_answer" };
    }
  }

  async function doubt(): Promise<void> {
    if (!socket.connected) return;
    try {
      await (socket as Socket).timeout(DOUBTED_MS).emitWithAck("page.here", { visible: !document.hidden });
    } catch {
      if (!closed && socket.connected) socket.disconnect().connect();
    }
  }

  const listen: Listen = (event, hear) => {
    const events = socket as unknown as { on: Hearing; off: Hearing };
    events.on(event, hear as (message: never) => void);
    return () => events.off(event, hear as (message: never) => void);
  };

  return {
    send,
    listen,
    doubt: () => void doubt(),
    close() {
      closed = true;
      clearTimeout(retry);
      document.removeEventListener("visibilitychange", sayHere);
      socket.disconnect();
    },
  };
}

function codeOf(error: Error): string | undefined {
  const data: unknown = "data" in error ? error.data : undefined;
  if (typeof data !== "object" || data === null || !("code" in data)) return undefined;
  return typeof data.code === "string" ? data.code : undefined;
}
