import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { moment } from "../i18n/format";
import { useSession } from "../session/session";
import styles from "./Replay.module.css";
import { type HowFar, type TextFailure, type TextKind, useAskAgain } from "./texts";

const KNOWN = [
  ...(["key", "unknown", "nonsense", "too_large", "rejected", "redirect", "model"] as const),
  ...(["busy", "down", "timeout", "unreachable", "broken"] as const),
];

/** What there is to say of a text that is not there yet, or not any more. */
export function TextState({ call, what, howFar }: { call: string; what: TextKind; howFar: HowFar }) {
  const { t, i18n } = useTranslation();
  const reason = useReason(howFar.failure);
  const role = useSession().data?.me.role;
  const asking = useAskAgain(call, what);
  const { state, failure, progress, next_try_at } = howFar;
  if (state === null || state === "done") return null;
  const said = [t(`replay.${what}.${state}`)];
  if (state === "running" && progress !== null && what === "transcript") {
    const percent = new Intl.NumberFormat(i18n.language, { style: "percent" }).format(progress);
    said.push(t("replay.texts.percent", { percent }));
  }
  if (state === "waiting" && failure !== null) {
    said.push(t("replay.texts.lastTry", { reason }));
    if (next_try_at !== null) {
      const time = moment(Date.parse(next_try_at) / 1000, Date.now() / 1000, i18n.language);
      said.push(t("replay.texts.nextTry", { time }));
    }
  }
  if (state === "failed" && failure !== null) {
    said.push(t("replay.texts.because", { reason }));
    said.push(t(failure.asking_again_can_help ? "replay.texts.askHelps" : "replay.texts.askHelpsNot"));
  }
  const mayAsk = state === "failed" && (role === "supervisor" || role === "administrator");
  return (
    <div
      className={styles.textState}
      role={state === "failed" ? undefined : "status"}
      data-state={state}
      data-testid={`${what}-state`}
    >
      <p>{said.join(" ")}</p>
      {failure === null ? null : <small>{t("replay.texts.small", { code: failure.code })}</small>}
      {mayAsk ? (
        <Button
          variant="default"
          size="xs"
          loading={asking.isPending}
          onClick={() => asking.mutate()}
          data-testid={`${what}-ask`}
        >
          {t(`replay.${what}.ask`)}
        </Button>
      ) : null}
      {asking.isError ? <p role="alert">{t("replay.texts.notAsked")}</p> : null}
    </div>
  );
}

function useReason(failure: TextFailure | null): string {
  const { t } = useTranslation();
  const code = failure?.code ?? "";
  const [family, word] = code.split(".");
  const known = family === "engine" ? KNOWN.find((one) => one === word) : undefined;
  if (known !== undefined) return t(`replay.texts.failure.${known}`);
  if (family === "vault") return t("replay.texts.failure.vault");
  if (code === "recording.disk") return t("replay.texts.failure.disk");
  return t("replay.texts.failure.other", { code });
}
