/** Time that passes in hidden pages too: browsers slow their timers down to one a minute, but not those of a worker. */
export function every(ms: number, tick: () => void): () => void {
  if (typeof Worker === "undefined") {
    const timer = setInterval(tick, ms);
    return () => clearInterval(timer);
  }
  const worker = new Worker(new URL("./ticker_worker.ts", import.meta.url), { type: "module" });
  worker.addEventListener("message", tick);
  worker.postMessage(ms);
  return () => worker.terminate();
}
