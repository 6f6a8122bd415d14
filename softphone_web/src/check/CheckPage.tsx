import { Button } from "@mantine/core";
import { AppWindow, Bell, type LucideIcon, Mic, Network, Volume2 } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { useDesk, usePhone } from "../desk/DeskProvider";
import { microphoneFailed, phoneIsElsewhere } from "../desk/desk";
import "../i18n/checkers";
import { MicrophoneLevel } from "../settings/MicrophoneLevel";
import styles from "./CheckPage.module.css";
import { rememberChecked } from "./done";
import { checkNetwork, type Finding, type NetworkFound, type Verdict } from "./network";

type State = "waiting" | "running" | Verdict;

/** Of 1; speech at a usual distance is well over it, a room is below. */
const VOICE_LEVEL = 0.35;
/** That many looks in a row, so that a knock on the table is no voice. */
const VOICE_LOOKS = 3;
const QUIET_AFTER_MS = 10_000;

export function CheckPage() {
  const { t } = useTranslation();
  const phone = usePhone();
  const desk = useDesk();
  const [started, setStarted] = useState(false);
  const [voice, setVoice] = useState<"listening" | "heard" | "quiet">("listening");
  const [tone, setTone] = useState<"silent" | "playing" | "heard" | "unheard">("silent");
  const [network, setNetwork] = useState<NetworkFound | "running" | null>(null);
  const left = useRef(false);
  const browser = browserState();
  const microphone = microphoneState();
  const speaker = ({ silent: "waiting", playing: "running", heard: "good", unheard: "bad" } as const)[tone];
  const path = network === null ? "waiting" : network === "running" ? "running" : network.verdict;
  const states = [browser === "good" ? "good" : "bad", microphone, speaker, path] as const;
  const done = states.every((state) => state === "good" || state === "poor");

  useEffect(() => {
    left.current = false;
    return () => {
      left.current = true;
      phone.endTests();
    };
  }, [phone]);
  useEffect(() => {
    if (!started || voice !== "listening") return;
    const timer = setTimeout(() => setVoice("quiet"), QUIET_AFTER_MS);
    return () => clearTimeout(timer);
  }, [started, voice]);
  useEffect(() => {
    if (done) rememberChecked();
  }, [done]);

  function microphoneState(): State {
    if (!started) return "waiting";
    if (microphoneFailed(desk)) return "bad";
    return voice === "heard" ? "good" : voice === "quiet" ? "poor" : "running";
  }

  async function start(): Promise<void> {
    setStarted(true);
    setVoice("listening");
    setNetwork("running");
    setTone("silent");
    phone.testTone(false);
    await phone.tryMicrophone();
    const found = phone.microphoneTrack === null ? null : await checkNetwork(phone);
    if (!left.current) setNetwork(found);
  }

  function play(on: boolean, next: typeof tone): void {
    phone.testTone(on);
    setTone(next);
  }

  return (
    <div className={styles.page} data-testid="check-page">
      <h1>{t("check.title")}</h1>
      <p className={styles.hint}>{t("check.intro")}</p>
      {phoneIsElsewhere(desk) ? (
        <p role="alert">{t("check.elsewhere")}</p>
      ) : (
        <Button
          className={styles.start}
          loading={network === "running"}
          disabled={browser !== "good"}
          onClick={() => void start()}
          data-testid="check-start"
        >
          {t(started ? "check.again" : "check.start")}
        </Button>
      )}
      <ul className={styles.list}>
        <Item name="browser" icon={AppWindow} state={browser === "good" ? "good" : "bad"}>
          <p>{t(`check.browser.${browser}`)}</p>
        </Item>
        <Item name="microphone" icon={Mic} state={microphone}>
          {!started ? null : microphoneFailed(desk) ? (
            <MicrophoneFault />
          ) : (
            <>
              <p>
                {t(
                  voice === "heard"
                    ? "check.microphone.good"
                    : `check.microphone.${voice === "quiet" ? "quiet" : "speak"}`,
                )}
              </p>
              <Voice onHeard={() => setVoice("heard")} />
            </>
          )}
        </Item>
        <Item name="speaker" icon={Volume2} state={speaker}>
          {tone === "heard" ? <p>{t("check.speaker.good")}</p> : null}
          {tone === "unheard" ? <p>{t("check.speaker.bad")}</p> : null}
          {tone === "playing" ? (
            <div className={styles.answers}>
              <span>{t("check.speaker.question")}</span>
              <Button size="xs" onClick={() => play(false, "heard")} data-testid="tone-heard">
                {t("check.speaker.yes")}
              </Button>
              <Button size="xs" variant="default" onClick={() => play(false, "unheard")} data-testid="tone-unheard">
                {t("check.speaker.no")}
              </Button>
            </div>
          ) : (
            <Button
              size="xs"
              variant="default"
              leftSection={<Bell size={16} aria-hidden="true" />}
              onClick={() => play(true, "playing")}
              data-testid="tone-play"
            >
              {t("check.speaker.play")}
            </Button>
          )}
        </Item>
        <Item name="network" icon={Network} state={path}>
          {network === "running" ? <p>{t("check.network.hint")}</p> : null}
          {network === null && started ? <p>{t("check.network.microphoneFirst")}</p> : null}
          {network === null || network === "running" ? null : <NetworkSaid found={network} />}
        </Item>
      </ul>
      {done ? (
        <p className={styles.done} role="status" data-testid="check-done">
          {t("check.done")}
        </p>
      ) : null}
      <Link to="/audio" className={styles.more}>
        {t("check.audioPage")}
      </Link>
    </div>
  );
}

function browserState(): "good" | "insecure" | "old" {
  if (!window.isSecureContext) return "insecure";
  return typeof RTCPeerConnection === "undefined" || navigator.mediaDevices === undefined ? "old" : "good";
}

function Item(props: {
  name: "browser" | "microphone" | "speaker" | "network";
  icon: LucideIcon;
  state: State;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  const { name, icon: Icon, state, children } = props;
  return (
    <li className={styles.item} data-testid={`check-${name}`} data-state={state}>
      <Icon size={20} aria-hidden="true" />
      <div>
        <h2>{t(`check.${name}.title`)}</h2>
        <div className={styles.said}>{children}</div>
      </div>
      <span className={styles.state} role="status">
        {t(`check.state.${state}`)}
      </span>
    </li>
  );
}

function MicrophoneFault() {
  const { t } = useTranslation();
  const { microphone } = useDesk();
  if (microphone === "unknown" || microphone === "ok") return null;
  return (
    <>
      <strong>{t(`microphone.${microphone}.title`)}</strong>
      <p>{t(`microphone.${microphone}.step`)}</p>
    </>
  );
}

function Voice({ onHeard }: { onHeard: () => void }) {
  const phone = usePhone();
  useDesk(); // the track is there once the desk says that the microphone is
  const looks = useRef(0);
  const track = phone.microphoneTrack;
  if (track === null) return null;
  return (
    <MicrophoneLevel
      track={track}
      onLevel={(level) => {
        looks.current = level > VOICE_LEVEL ? looks.current + 1 : 0;
        if (looks.current === VOICE_LOOKS) onHeard();
      }}
    />
  );
}

function NetworkSaid({ found }: { found: NetworkFound }) {
  const { t } = useTranslation();
  const { link } = useDesk();
  const { figures, findings } = found;
  const numbers = {
    rtt_ms: Math.round((figures?.rtt_s ?? 0) * 1_000),
    jitter_ms: Math.round((figures?.jitter_s ?? 0) * 1_000),
    loss: Math.round((figures?.loss ?? 0) * 100),
  };
  const said = (finding: Finding) => (finding === "no_path" && link !== "connected" ? "no_link" : finding);
  return (
    <>
      {found.verdict === "good" ? <p>{t("check.network.good", numbers)}</p> : null}
      {findings.map((finding) => (
        <p key={finding} data-finding={finding}>
          {t(`check.network.${said(finding)}`, numbers)}
        </p>
      ))}
    </>
  );
}
