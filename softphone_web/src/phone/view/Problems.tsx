import { Button } from "@mantine/core";
import { CircleAlert, MicOff, PlugZap, VolumeX, WifiOff } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useDesk, useDispatch, usePhone } from "../../desk/DeskProvider";
import { type Desk, myCall, phoneIsElsewhere } from "../../desk/desk";
import { Note } from "./Note";
import { WasUnreachable } from "./WasUnreachable";

/** Everything that is wrong now, each with what to do about it. */
export function Problems() {
  const desk = useDesk();
  return (
    <>
      {desk.link === "lost" ? <LinkLost inCall={myCall(desk) !== null} /> : null}
      {desk.setOffline && desk.link === "connected" && !phoneIsElsewhere(desk) ? <SetOffline /> : null}
      <WasUnreachable />
      <MicrophoneProblem desk={desk} />
      {desk.soundUnlocked === false && !phoneIsElsewhere(desk) ? <SoundProblem /> : null}
      {/* Why a call may not be made is said where it was asked for. */}
      {desk.refused === null || desk.refused.why === "call_refused" ? null : <Refused refused={desk.refused} />}
    </>
  );
}

function LinkLost({ inCall }: { inCall: boolean }) {
  const { t } = useTranslation();
  return (
    <Note kind="bad" icon={WifiOff} role="alert" testid="link-problem">
      <p>{t(inCall ? "link.lostInCall" : "link.lostIdle")}</p>
    </Note>
  );
}

/** What to do about it is the one button above. */
function SetOffline() {
  const { t } = useTranslation();
  return (
    <Note kind="warn" icon={PlugZap} role="alert" testid="set-offline-note">
      <p>{t("link.setOffline")}</p>
    </Note>
  );
}

function MicrophoneProblem({ desk }: { desk: Desk }) {
  const { t } = useTranslation();
  const phone = usePhone();
  const { microphone } = desk;
  if (microphone === "unknown") return null;
  if (microphone === "ok") return desk.microphoneSwitched ? <MicrophoneSwitched name={desk.microphoneName} /> : null;
  const insecure = microphone === "failed" && !window.isSecureContext;
  const retryIsAbove = desk.state?.presence === "not_ready";
  return (
    <Note kind="bad" icon={MicOff} role="alert" testid="microphone-problem">
      <strong>{t(`microphone.${microphone}.title`)}</strong>
      <p>{insecure ? t("microphone.failed.insecure") : t(`microphone.${microphone}.step`)}</p>
      {insecure || retryIsAbove ? null : (
        <Button
          variant="default"
          size="xs"
          loading={desk.preparing}
          onClick={() => void phone.tryMicrophone()}
          data-testid="microphone-retry"
        >
          {t("microphone.retry")}
        </Button>
      )}
    </Note>
  );
}

function MicrophoneSwitched({ name }: { name: string }) {
  const { t } = useTranslation();
  return (
    <Note kind="warn" icon={PlugZap} role="status" testid="microphone-switched">
      <p>{name === "" ? t("microphone.switched") : t("quality.switchedTo", { name })}</p>
    </Note>
  );
}

function SoundProblem() {
  const { t } = useTranslation();
  const phone = usePhone();
  return (
    <Note kind="bad" icon={VolumeX} role="alert" testid="sound-problem">
      <strong>{t("sound.title")}</strong>
      <p>{t("sound.step")}</p>
      <Button size="xs" color="var(--bad-fill)" onClick={() => void phone.unlockSound()} data-testid="sound-unlock">
        {t("sound.unlock")}
      </Button>
    </Note>
  );
}

function Refused({ refused: { why, who } }: { refused: NonNullable<Desk["refused"]> }) {
  const { t } = useTranslation();
  const dispatch = useDispatch();
  return (
    <Note
      kind="warn"
      icon={CircleAlert}
      role="alert"
      testid="refused-note"
      close={{ label: t("ringStopped.dismiss"), press: () => dispatch({ type: "refusal_dismissed" }) }}
    >
      <p>
        {who && (why === "supervised" || why === "nobody_there")
          ? t(`refused.${why}_by`, { who })
          : t(`refused.${why}`)}
      </p>
    </Note>
  );
}
