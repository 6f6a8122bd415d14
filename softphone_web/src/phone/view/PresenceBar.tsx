import { ActionIcon, Button } from "@mantine/core";
import {
  AppWindow,
  Bell,
  ChevronDown,
  ChevronUp,
  CircleCheck,
  CircleDashed,
  CirclePause,
  ClipboardPen,
  LoaderCircle,
  type LucideIcon,
  PhoneCall,
  TriangleAlert,
  WifiOff,
} from "lucide-react";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { pauseText, useReasons } from "../../aftercall/reasons";
import type { Presence } from "../../contract/messages";
import { useDesk, usePhone } from "../../desk/DeskProvider";
import {
  chosenAvailability,
  type Desk,
  isAsked,
  myCall,
  phoneIsElsewhere,
  ringingHere,
  supervised,
} from "../../desk/desk";
import { useNow_s } from "../../desk/useNow";
import { clockTime } from "../../i18n/format";
import { ConnectionLight } from "./ConnectionLight";
import styles from "./PresenceBar.module.css";

/** Presences of who chose to be ready and lacks nothing. */
const AS_CHOSEN: ReadonlySet<Presence> = new Set(["free", "wrap_up"]);

/** What the bar says: the presence, unless something here matters more. */
type Shown = Presence | "ringing" | "asked" | "connecting" | "no_link" | "elsewhere";

const ICONS: Record<Shown, LucideIcon> = {
  offline: CircleDashed,
  not_ready: TriangleAlert,
  paused: CirclePause,
  unreachable: WifiOff,
  free: CircleCheck,
  ringing: Bell,
  asked: Bell,
  claiming: LoaderCircle,
  in_call: PhoneCall,
  wrap_up: ClipboardPen,
  connecting: LoaderCircle,
  no_link: WifiOff,
  elsewhere: AppWindow,
};

export function PresenceBar({ open, onToggle }: { open: boolean; onToggle: (() => void) | null }) {
  const { t } = useTranslation();
  const desk = useDesk();
  const presence = desk.state?.presence ?? "offline";
  const shown = whatToShow(desk);
  const Icon = ICONS[shown];
  const toggleLabel = t(open ? "actions.collapse" : "actions.expand");
  return (
    <header className={styles.bar} data-shown={shown}>
      <div className={styles.top}>
        <span className={styles.shape} aria-hidden="true">
          <Icon size={22} strokeWidth={2.2} />
        </span>
        <div className={styles.words}>
          <p className={styles.word} data-testid="presence" data-presence={presence}>
            {t(`presence.${shown}`)}
          </p>
          <p className={styles.hint}>
            <Hint shown={shown} desk={desk} />
          </p>
        </div>
        <ConnectionLight />
        {onToggle === null ? null : (
          <ActionIcon
            className={styles.toggle}
            variant="subtle"
            color="gray"
            size={44}
            aria-label={toggleLabel}
            aria-expanded={open}
            onClick={onToggle}
            data-testid="phone-toggle"
          >
            {open ? <ChevronDown size={22} aria-hidden="true" /> : <ChevronUp size={22} aria-hidden="true" />}
          </ActionIcon>
        )}
      </div>
      <Actions desk={desk} />
    </header>
  );
}

function whatToShow(desk: Desk): Shown {
  if (desk.state === null) return "connecting";
  if (desk.link !== "connected") return "no_link";
  if (phoneIsElsewhere(desk)) return "elsewhere";
  if (isAsked(desk)) return "asked";
  return ringingHere(desk).length > 0 ? "ringing" : desk.state.presence;
}

function Hint({ shown, desk }: { shown: Shown; desk: Desk }) {
  const { t } = useTranslation();
  if (desk.preparing || desk.seat === "connecting") {
    if (shown === "offline" || shown === "not_ready") return t("presence.hint.preparing");
  }
  const missing = desk.state?.missing ?? [];
  if (shown === "not_ready" && missing.length > 0) {
    const things = missing.map((what) => t(`presence.missing.${what}`)).join(", ");
    return t("presence.missing.all", { things });
  }
  if (shown === "paused" && desk.state?.paused_since_unix_s)
    return <PausedFor since_s={desk.state.paused_since_unix_s} />;
  if ((shown === "in_call" || shown === "wrap_up") && chosenAvailability(desk) === "paused")
    return t("presence.hint.pausedAfter");
  return t(`presence.hint.${shown}`);
}

/** What to do about one's presence: at most one of them is the primary action, and none while it rings. */
function Actions({ desk }: { desk: Desk }) {
  if (desk.state === null || phoneIsElsewhere(desk) || isAsked(desk) || ringingHere(desk).length > 0) return null;
  const choice = chosenAvailability(desk);
  if (myCall(desk) !== null || supervised(desk) !== null) {
    return <div className={styles.actions}>{choice === "ready" ? <Pause after /> : <Ready quiet />}</div>;
  }
  const notYet = choice === "ready" && !AS_CHOSEN.has(desk.state.presence);
  return (
    <div className={styles.actions}>
      {choice !== "ready" || notYet ? <Ready again={notYet} /> : null}
      {choice === "ready" ? <Pause /> : null}
      {choice === "offline" ? null : <GoOffline />}
    </div>
  );
}

function Ready({ again = false, quiet = false }: { again?: boolean; quiet?: boolean }) {
  const { t } = useTranslation();
  const desk = useDesk();
  const phone = usePhone();
  const busy = desk.preparing || desk.pending.includes("availability.set") || desk.seat === "connecting";
  const label = quiet ? t("actions.readyAfter") : t(again ? "actions.readyAgain" : "actions.ready");
  return (
    <Button
      variant={quiet ? "default" : "filled"}
      size={quiet ? "sm" : "md"}
      className={quiet ? styles.quiet : styles.primary}
      loading={busy}
      disabled={desk.link !== "connected"}
      onClick={() => void phone.getReady()}
      data-testid="ready-button"
    >
      {label}
    </Button>
  );
}

/** Pressed, it asks why; a company without reasons pauses at once. */
function Pause({ after = false }: { after?: boolean }) {
  const { t } = useTranslation();
  const desk = useDesk();
  const phone = usePhone();
  const [asks, setAsks] = useState(false);
  return (
    <>
      <Button
        variant="default"
        size="sm"
        className={styles.quiet}
        disabled={desk.link !== "connected"}
        aria-expanded={asks}
        onClick={() => setAsks(!asks)}
        data-testid="pause-button"
      >
        {t(after ? "actions.pauseAfter" : "actions.pause")}
      </Button>
      {asks ? <PauseReasons onChosen={(reason) => void phone.pause(reason)} /> : null}
    </>
  );
}

function PauseReasons({ onChosen }: { onChosen: (reason: string | null) => void }) {
  const { t } = useTranslation();
  const reasons = useReasons();
  const first = useRef<HTMLFieldSetElement>(null);
  const without = reasons.isError || reasons.data?.pause.length === 0;
  const isShown = reasons.data !== undefined;
  const pause = useEffectEvent(() => onChosen(null));
  useEffect(() => {
    if (without) pause();
    else if (isShown) first.current?.querySelector("button")?.focus();
  }, [without, isShown]);
  return (
    <fieldset ref={first} className={styles.reasons} aria-label={t("afterCall.pauseWhy")}>
      {reasons.data?.pause.map(({ code }) => (
        <Button key={code} variant="default" size="xs" onClick={() => onChosen(code)} data-testid={`pause-${code}`}>
          {pauseText(t, code, reasons.data.pause)}
        </Button>
      ))}
    </fieldset>
  );
}

function PausedFor({ since_s }: { since_s: number }) {
  const { t } = useTranslation();
  const reason = useDesk().state?.pause_reason;
  const own = useReasons().data?.pause;
  const time = clockTime(useNow_s() - since_s);
  return reason
    ? t("afterCall.pausedFor", { reason: pauseText(t, reason, own), time })
    : t("afterCall.pausedSince", { time });
}

function GoOffline() {
  const { t } = useTranslation();
  const desk = useDesk();
  const phone = usePhone();
  return (
    <Button
      variant="default"
      size="sm"
      className={`${styles.quiet} ${styles.offline}`}
      disabled={desk.link !== "connected"}
      onClick={() => void phone.goOffline()}
      data-testid="offline-button"
    >
      {t("actions.offline")}
    </Button>
  );
}
