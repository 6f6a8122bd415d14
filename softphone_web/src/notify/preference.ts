/** Whether this computer's agent wants notifications; the browser's own permission comes on top. */
import { browserStorage } from "../storage";

const KEY = "ramal.notifications";

export function mayNotify(): boolean {
  return (
    typeof Notification !== "undefined" &&
    Notification.permission === "granted" &&
    browserStorage().getItem(KEY) !== "off"
  );
}

export function preferNotifications(on: boolean): void {
  browserStorage().setItem(KEY, on ? "on" : "off");
}
