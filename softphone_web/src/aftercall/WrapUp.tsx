import { Button } from "@mantine/core";
import { useEffect, useEffectEvent } from "react";
import { useTranslation } from "react-i18next";
import type { WrapUpNow } from "../contract/messages";
import { useDesk, usePhone } from "../desk/DeskProvider";
import { myCall, phoneIsElsewhere } from "../desk/desk";
import { useNow_s } from "../desk/useNow";
import { clockTime } from "../i18n/format";
import { callerName } from "../phone/view/caller";
import styles from "./AfterCall.module.css";
import { NotePad } from "./NotePad";
import { useNote } from "./note";

/** After a call: time to write down what came of it, before the next one rings. */
export function WrapUp() {
  const desk = useDesk();
  const wrapUp = desk.state?.wrap_up ?? null;
  if (wrapUp === null || myCall(desk) !== null || phoneIsElsewhere(desk)) return null;
  return <WrapUpCard key={wrapUp.call_id} wrapUp={wrapUp} />;
}

function WrapUpCard({ wrapUp }: { wrapUp: WrapUpNow }) {
  const { t } = useTranslation();
  const desk = useDesk();
  const phone = usePhone();
  const now_s = useNow_s();
  const pad = useNote(wrapUp.call_id);
  const finish = useEffectEvent(pad.finish);
  useEffect(() => () => finish(), []); // done, or its time is over: what stands there is the last word
  return (
    <section className={styles.card} aria-labelledby="wrap-up-title" data-testid="wrap-up">
      <h3 id="wrap-up-title">{t("afterCall.title")}</h3>
      <p className={styles.of}>{t("afterCall.of", { caller: callerName(wrapUp.party) })}</p>
      <NotePad pad={pad} withResult />
      <Button
        fullWidth
        size="md"
        loading={desk.pending.includes("wrap_up.end")}
        disabled={desk.link !== "connected"}
        onClick={() => void phone.endWrapUp()}
        data-testid="wrap-up-done"
      >
        {t("afterCall.done")}
      </Button>
      <p className={styles.left} role="timer" data-testid="wrap-up-left">
        {t("afterCall.left", { time: clockTime(wrapUp.until_unix_s - now_s) })}
      </p>
    </section>
  );
}
