/** Whether this computer's agent wants notifications; the browser's own permission comes on top. */
const KEY = "ramal.notifications";

export function mayNotify(): boolean {
  return (
    typeof Notification !== "undefined" && Notification.permission === "granted" && localStorage.getItem(KEY) !== "off"
  );
}

export function preferNotifications(on: boolean): void {
  localStorage.setItem(KEY, on ? "on" : "off");
}
