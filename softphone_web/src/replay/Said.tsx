import { useTranslation } from "react-i18next";
import { clockTime } from "../i18n/format";
import type { Speaker } from "./texts";

/** When in the call, and who. */
export function Said({ at_s, speaker }: { at_s: number; speaker: Speaker }) {
  const { t } = useTranslation();
  return (
    <>
      <time>{clockTime(at_s)}</time>
      <b data-side={speaker}>{t(speaker === "customer" ? "replay.customer" : "replay.agent")}</b>
    </>
  );
}
