import { Button, NativeSelect, Switch } from "@mantine/core";
import { Bell, BellOff, ChevronDown, Mic } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { useDesk, usePhone } from "../desk/DeskProvider";
import { HeadsetSettings } from "../headset/HeadsetSettings";
import { NotificationSettings } from "../notify/NotificationSettings";
import { type AudioSettings, readAudioSettings, writeAudioSettings } from "../phone/audio_settings";
import styles from "./AudioPage.module.css";
import { type Device, useAudioDevices } from "./devices";
import { MicrophoneLevel } from "./MicrophoneLevel";

const PROCESSING = ["echoCancellation", "noiseSuppression", "autoGainControl"] as const;
const CAN_CHOOSE_SPEAKER = "setSinkId" in HTMLMediaElement.prototype;

export function AudioPage() {
  const { t } = useTranslation();
  const phone = usePhone();
  const [settings, setSettings] = useState(readAudioSettings);
  const devices = useAudioDevices();
  useEffect(() => () => phone.endTests(), [phone]);

  function change(changes: Partial<AudioSettings>): void {
    const next = { ...settings, ...changes };
    setSettings(next);
    writeAudioSettings(next);
    void phone.useAudio(next);
  }

  return (
    <div className={styles.page} data-testid="audio-page">
      <h1>{t("audio.title")}</h1>
      <section aria-labelledby="audio-devices">
        <h2 id="audio-devices">{t("audio.devices")}</h2>
        <DeviceSelect
          label={t("audio.microphone")}
          devices={devices.microphones}
          chosen={settings.microphoneId}
          onChoose={(microphoneId) => change({ microphoneId })}
          testid="microphone-select"
        />
        <MicrophoneTest />
        <DeviceSelect
          label={t("audio.speaker")}
          description={CAN_CHOOSE_SPEAKER ? undefined : t("audio.speakerFixed")}
          devices={CAN_CHOOSE_SPEAKER ? devices.speakers : []}
          chosen={settings.speakerId}
          onChoose={(speakerId) => change({ speakerId })}
          testid="speaker-select"
        />
        <ToneTest />
      </section>
      <Link to="/check">{t("audio.check")}</Link>
      <section aria-labelledby="audio-processing">
        <h2 id="audio-processing">{t("audio.processing")}</h2>
        <p className={styles.hint}>{t("audio.processingHint")}</p>
        {PROCESSING.map((what) => (
          <Switch
            key={what}
            size="md"
            label={t(`audio.${what}`)}
            checked={settings[what]}
            onChange={(event) => change({ [what]: event.currentTarget.checked })}
            data-testid={`audio-${what}`}
          />
        ))}
      </section>
      <section aria-labelledby="headset">
        <h2 id="headset">{t("headset.title")}</h2>
        <HeadsetSettings className={styles.hint} />
      </section>
      <section aria-labelledby="notifications">
        <h2 id="notifications">{t("notify.title")}</h2>
        <NotificationSettings className={styles.hint} />
      </section>
      <p className={styles.hint}>{t("audio.remembered")}</p>
    </div>
  );
}

interface DeviceSelectProps {
  label: string;
  description?: string | undefined;
  devices: Device[];
  chosen: string | null;
  onChoose: (deviceId: string | null) => void;
  testid: string;
}

function DeviceSelect({ label, description, devices, chosen, onChoose, testid }: DeviceSelectProps) {
  const { t } = useTranslation();
  const known = devices.some((device) => device.id === chosen);
  const options = [
    { value: "", label: t("audio.systemDefault") },
    ...devices.map((device, index) => ({
      value: device.id,
      label: device.label === "" ? t("audio.unnamed", { n: index + 1 }) : device.label,
    })),
  ];
  return (
    <NativeSelect
      size="md"
      label={label}
      description={description}
      rightSection={<ChevronDown size={18} aria-hidden="true" />}
      data={options}
      value={known && chosen !== null ? chosen : ""}
      onChange={(event) => onChoose(event.currentTarget.value === "" ? null : event.currentTarget.value)}
      data-testid={testid}
    />
  );
}

function MicrophoneTest() {
  const { t } = useTranslation();
  const phone = usePhone();
  const { microphone } = useDesk();
  const [busy, setBusy] = useState(false);
  const track = microphone === "ok" ? phone.microphoneTrack : null;

  async function test(): Promise<void> {
    setBusy(true);
    await phone.tryMicrophone();
    setBusy(false);
  }

  if (track !== null) return <MicrophoneLevel track={track} />;
  return (
    <Button
      className={styles.button}
      variant="default"
      leftSection={<Mic size={17} aria-hidden="true" />}
      loading={busy}
      onClick={() => void test()}
      data-testid="microphone-test"
    >
      {t("audio.test")}
    </Button>
  );
}

function ToneTest() {
  const { t } = useTranslation();
  const phone = usePhone();
  const [playing, setPlaying] = useState(false);
  const Icon = playing ? BellOff : Bell;
  return (
    <Button
      className={styles.button}
      variant="default"
      leftSection={<Icon size={17} aria-hidden="true" />}
      aria-pressed={playing}
      onClick={() => {
        phone.testTone(!playing);
        setPlaying(!playing);
      }}
      data-testid="tone-test"
    >
      {t(playing ? "audio.stopTone" : "audio.tone")}
    </Button>
  );
}
