import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { useNow_s } from "../desk/useNow";
import { moment } from "../i18n/format";
import { ApiError } from "../session/api";
import styles from "./Number.module.css";
import { type NumberSettings, useAct, useRemove } from "./settings";

/** Disabling and removing: each names its effect, and is done on the second press. */
export function End({ stored }: { stored: NumberSettings }) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  const [, navigate] = useLocation();
  const [asked, setAsked] = useState<"disable" | "remove" | null>(null);
  const disable = useAct(stored.id, "disable");
  const enable = useAct(stored.id, "enable");
  const remove = useRemove(stored.id);
  const error = disable.error ?? enable.error ?? remove.error;
  const when = stored.disabled_at === null ? "" : moment(Date.parse(stored.disabled_at) / 1000, now_s, i18n.language);
  const effect =
    asked === "disable"
      ? t("number.end.disableEffect", { count: stored.people?.take ?? 0, label: stored.label })
      : t("number.end.removeEffect", { label: stored.label });

  function act(): void {
    if (asked === "remove") remove.mutate(undefined, { onSuccess: () => navigate("/numbers") });
    else disable.mutate();
    setAsked(null);
  }

  return (
    <section aria-labelledby="number-end" data-testid="number-end" data-disabled={stored.disabled_at !== null}>
      <h2 id="number-end">{t("number.end.title")}</h2>
      {stored.disabled_at === null ? null : <p>{t("number.end.disabled", { when })}</p>}
      <p className={styles.hint}>{t("number.end.removeHint")}</p>
      {asked === null ? (
        <div className={styles.buttons}>
          {stored.disabled_at === null ? (
            <Button variant="default" size="sm" onClick={() => setAsked("disable")} data-testid="disable-number">
              {t("number.end.disable")}
            </Button>
          ) : (
            <Button size="sm" loading={enable.isPending} onClick={() => enable.mutate()} data-testid="enable-number">
              {t("number.end.enable")}
            </Button>
          )}
          <Button variant="default" size="sm" onClick={() => setAsked("remove")} data-testid="remove-number">
            {t("number.end.remove")}
          </Button>
        </div>
      ) : (
        <div className={styles.danger} role="alertdialog" aria-labelledby="number-sure">
          <p id="number-sure" data-testid="number-effect">
            {effect}
          </p>
          <div className={styles.buttons}>
            <Button size="xs" color="red" onClick={act} data-testid="number-sure">
              {t("number.end.sure", { what: t(`number.end.${asked}`).toLocaleLowerCase(i18n.language) })}
            </Button>
            <Button size="xs" variant="default" onClick={() => setAsked(null)}>
              {t("number.end.keep")}
            </Button>
          </div>
        </div>
      )}
      {error === null ? null : (
        <p className={styles.refused} role="alert" data-testid="number-end-trouble">
          {t(error instanceof ApiError && error.code === "in_use" ? "number.end.inUse" : "number.end.failed")}
        </p>
      )}
    </section>
  );
}
