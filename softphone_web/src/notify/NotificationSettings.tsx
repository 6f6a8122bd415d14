import { Button } from "@mantine/core";
import { Bell, BellOff } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { mayNotify, preferNotifications } from "./preference";
import { subscribe, unsubscribe } from "./push";

type State = "unsupported" | "denied" | "off" | "on" | "woken";

function stateNow(): State {
  if (typeof Notification === "undefined" || !("serviceWorker" in navigator)) return "unsupported";
  if (Notification.permission === "denied") return "denied";
  return mayNotify() ? "on" : "off";
}

/** The browser asks for its permission here, after a press, and nowhere else. */
export function NotificationSettings({ className }: { className: string | undefined }) {
  const { t, i18n } = useTranslation();
  const [state, setState] = useState(stateNow);
  const [busy, setBusy] = useState(false);
  const isOn = state === "on" || state === "woken";
  const Icon = isOn ? BellOff : Bell;

  async function change(): Promise<void> {
    setBusy(true);
    if (isOn) {
      preferNotifications(false);
      await unsubscribe().catch(() => undefined);
      setState(stateNow());
    } else {
      preferNotifications(true);
      await Notification.requestPermission();
      setState(stateNow());
      // A push service may take its time, or never answer: notifications of the open page do not wait for it.
      if (mayNotify()) void subscribe(i18n.language).then((woken) => woken && mayNotify() && setState("woken"));
    }
    setBusy(false);
  }

  return (
    <div data-testid="notification-settings" data-state={state}>
      <p className={className}>{t("notify.why")}</p>
      <p role="status">{t(`notify.state.${state}`)}</p>
      {state === "unsupported" || state === "denied" ? null : (
        <Button
          variant="default"
          leftSection={<Icon size={17} aria-hidden="true" />}
          loading={busy}
          onClick={() => void change()}
          data-testid="notifications-button"
        >
          {t(isOn ? "notify.turnOff" : "notify.turnOn")}
        </Button>
      )}
    </div>
  );
}
