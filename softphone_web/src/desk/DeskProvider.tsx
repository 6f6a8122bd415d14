import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from "react";
import { startHeadsets } from "../headset/start";
import { startNotifications } from "../notify/start";
import { readAudioSettings } from "../phone/audio_settings";
import { openMicrophone } from "../phone/microphone";
import { Phone } from "../phone/phone";
import { Seat } from "../phone/seat";
import { Sound } from "../phone/sound";
import { useForgetSession } from "../session/session";
import { type Connection, connectToGateway } from "./connection";
import type { Desk } from "./desk";
import { DeskStore } from "./store";

interface Live {
  store: DeskStore;
  phone: Phone;
  gateway: Gateway;
}

/** For pages with commands and events of their own. */
export type Gateway = Pick<Connection, "send" | "listen">;

const LiveContext = createContext<Live | null>(null);

/** The desk of who is signed in: one connection, one phone, one live state, for as long as this is on the page. */
export function DeskProvider({ children, onSessionExpired }: { children: ReactNode; onSessionExpired: () => void }) {
  const [live, setLive] = useState<Live | null>(null);
  useEffect(() => {
    const { stop, ...started } = startDesk();
    setLive(started);
    return stop;
  }, []);
  if (live === null) return null;
  return (
    <LiveContext value={live}>
      <SessionWatch onSessionExpired={onSessionExpired} />
      {children}
    </LiveContext>
  );
}

/** Tests give their own. */
export function GivenDesk({ live, children }: { live: Live; children: ReactNode }) {
  return <LiveContext value={live}>{children}</LiveContext>;
}

export function useDesk(): Desk {
  const { store } = useLive();
  return useSyncExternalStore(store.subscribe, store.current);
}

export function usePhone(): Phone {
  return useLive().phone;
}

export function useDispatch(): DeskStore["dispatch"] {
  return useLive().store.dispatch;
}

export function useGateway(): Gateway {
  return useLive().gateway;
}

function useLive(): Live {
  const live = useContext(LiveContext);
  if (live === null) throw new Error("outside of DeskProvider");
  return live;
}

function SessionWatch({ onSessionExpired }: { onSessionExpired: () => void }) {
  const { sessionExpired } = useDesk();
  const forget = useForgetSession();
  useEffect(() => {
    if (!sessionExpired) return;
    onSessionExpired();
    forget();
  });
  return null;
}

function startDesk(): Live & { stop: () => void } {
  const store = new DeskStore();
  const sound = new Sound((unlocked) => phone.soundIs(unlocked));
  const connection = connectToGateway({
    dispatch: store.dispatch,
    linkUp: () => phone.linkUp(),
    seatLost: (seat_id) => phone.seatLost(seat_id),
    relays: (relays) => phone.useRelays(relays),
  });
  const phone: Phone = new Phone({
    store,
    send: connection.send,
    doubtLink: connection.doubt,
    sound,
    settings: () => readAudioSettings(),
    openMicrophone: (settings) => openMicrophone(settings),
    makeSeat: (microphone, listener, paths) => new Seat(microphone, listener, paths),
    now_s: () => performance.now() / 1000,
  });
  phone.start();
  const stopNotifications = startNotifications(store, phone);
  const stopHeadsets = startHeadsets(store, phone);
  const stopWatching = watchDevices(() => phone.devicesChanged());
  return {
    store,
    phone,
    gateway: connection,
    stop() {
      stopWatching();
      stopHeadsets();
      stopNotifications();
      phone.stop();
      connection.close();
    },
  };
}

/** Calls back when a device comes or goes, and when the microphone's permission changes. */
function watchDevices(changed: () => void): () => void {
  const done = new AbortController();
  navigator.mediaDevices?.addEventListener("devicechange", changed, { signal: done.signal });
  navigator.permissions
    ?.query({ name: "microphone" as PermissionName })
    .then((permission) => permission.addEventListener("change", changed, { signal: done.signal }))
    .catch(() => undefined); // Firefox before 132 does not know this permission
  return () => done.abort();
}
