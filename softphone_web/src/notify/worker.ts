/** The page's service worker (`public/sw.js`), registered once. null where browsers have none: on pages without HTTPS. */
let registered: Promise<ServiceWorkerRegistration | null> | undefined;

export function serviceWorker(): Promise<ServiceWorkerRegistration | null> {
  registered ??= register();
  return registered;
}

async function register(): Promise<ServiceWorkerRegistration | null> {
  if (!("serviceWorker" in navigator)) return null;
  try {
    await navigator.serviceWorker.register("/sw.js");
    return await navigator.serviceWorker.ready;
  } catch {
    return null;
  }
}
