import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useNow_s } from "../desk/useNow";
import { failureText } from "../i18n/failure";
import { moment } from "../i18n/format";
import styles from "./HoursPage.module.css";
import { type StoredHours, useTellMeta } from "./hours";
import { placeText } from "./words";

interface AtMetaProps {
  number: number;
  stored: StoredHours;
  unsaved: boolean;
  /** The switch that tells Meta or not. */
  children: ReactNode;
}

/** What Meta has of the hours, as last seen: the same, other ones, or why it is not known. */
export function AtMeta({ number, stored, unsaved, children }: AtMetaProps) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  const tell = useTellMeta(number);
  const { at_meta } = stored;
  const state = at_meta?.state ?? null;
  return (
    <section aria-labelledby="hours-meta" data-testid="at-meta" data-state={state}>
      <h2 id="hours-meta">{t("hours.meta.title")}</h2>
      {children}
      <div role="status" className={styles.meta} data-state={state}>
        <p>
          <strong>{state === null ? t("hours.meta.never") : t(`hours.meta.state.${state}`)}</strong>{" "}
          {at_meta === null
            ? null
            : t("hours.meta.seen", { when: moment(Date.parse(at_meta.at) / 1000, now_s, i18n.language) })}
        </p>
        {at_meta?.failure ? (
          <p data-testid="meta-failure">
            {at_meta.failure === "schedule.unreadable" ? t("hours.meta.unreadable") : failureText(t, at_meta.failure)}{" "}
            <small>{t("hours.meta.code", { code: at_meta.failure })}</small>
          </p>
        ) : null}
        {at_meta !== null && at_meta.differences.length > 0 ? (
          <table className={styles.differences}>
            <thead>
              <tr>
                <th scope="col">{t("hours.meta.place")}</th>
                <th scope="col">{t("hours.meta.ours")}</th>
                <th scope="col">{t("hours.meta.theirs")}</th>
              </tr>
            </thead>
            <tbody>
              {at_meta.differences.map(({ place, ours, metas }) => (
                <tr key={place}>
                  <th scope="row">{placeText(t, place, i18n.language)}</th>
                  <td>{ours}</td>
                  <td>{metas}</td>
                </tr>
              ))}
            </tbody>
          </table>
        ) : null}
        {stored.tell_meta && !unsaved && (state === "different" || state === "failed") ? (
          <Button size="xs" loading={tell.isPending} onClick={() => tell.mutate()} data-testid="tell-meta">
            {t("hours.meta.again")}
          </Button>
        ) : null}
      </div>
    </section>
  );
}
