/** Web push: this browser may be woken by the gateway when the page is hidden, asleep or closed. */
import { request } from "../session/api";
import { serviceWorker } from "./worker";

/** True when the gateway can wake this browser from now on. Asks the agent nothing: the permission is there already. */
export async function subscribe(language: string): Promise<boolean> {
  const registration = await serviceWorker();
  if (registration === null || !("pushManager" in registration)) return false;
  try {
    const { public_key } = (await request("GET", "/push/key")) as { public_key: string };
    const subscription = await registration.pushManager.subscribe({
      userVisibleOnly: true,
      applicationServerKey: public_key,
    });
    const { endpoint, keys } = subscription.toJSON();
    await request("PUT", "/push/subscriptions", { endpoint, p256dh: keys?.p256dh, auth: keys?.auth, language });
    return true;
  } catch {
    // No push service here, or the gateway has it switched off: notifications of the open page still work.
    return false;
  }
}

export async function unsubscribe(): Promise<void> {
  const registration = await serviceWorker();
  const subscription = await registration?.pushManager?.getSubscription();
  if (!subscription) return;
  await request("POST", "/push/subscriptions/forget", { endpoint: subscription.endpoint }).catch(() => undefined);
  await subscription.unsubscribe();
}
