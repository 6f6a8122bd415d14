import "../style/all";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { startTranslations } from "../i18n";
import { Bridge } from "./bridge";
import { EmbedApp } from "./EmbedApp";
import { readOrigins } from "./messages";

startTranslations();
const root = document.getElementById("root");
if (root === null) throw new Error("embed.html has no #root");
createRoot(root).render(
  <StrictMode>
    <EmbedApp bridge={bridgeToParent()} />
  </StrictMode>,
);

/** Listens before anything is drawn: the page around us may speak as soon as we are loaded. */
function bridgeToParent(): Bridge | null {
  if (window.parent === window) return null;
  const written = document.querySelector<HTMLMetaElement>("meta[name=ramal-embed-origins]")?.content ?? "";
  const bridge = new Bridge({
    parent: window.parent,
    origins: readOrigins(written),
    origin: window.location.ancestorOrigins?.[0] ?? null, // Firefox does not tell
    now_ms: () => performance.now(),
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  });
  window.addEventListener("message", (event) => bridge.heard(event));
  bridge.start();
  return bridge;
}
