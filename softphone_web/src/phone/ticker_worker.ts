/** Told once how often, in milliseconds; says so each time. */
self.addEventListener("message", ({ data }: MessageEvent<number>) => {
  setInterval(() => self.postMessage(null), data);
});
