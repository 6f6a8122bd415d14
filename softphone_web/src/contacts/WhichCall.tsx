import { NativeSelect } from "@mantine/core";
import type { TFunction } from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useDesk } from "../desk/DeskProvider";
import { myCall, phoneIsElsewhere } from "../desk/desk";
import { useNow_s } from "../desk/useNow";
import { Offer } from "../dial/Offer";
import type { Callee } from "../dial/permission";
import { standingText } from "../dial/words";
import { moment } from "../i18n/format";
import styles from "./ContactView.module.css";
import type { CallFrom, ContactDetail } from "./contacts";
import { Inviting } from "./Inviting";

type By = "phone" | "bsuid";

/** By which identity, from which of our numbers, and then the one button: call, ask, or why to wait and until when. */
export function WhichCall({ contact }: { contact: ContactDetail }) {
  const { t } = useTranslation();
  const desk = useDesk();
  const [wanted, setWanted] = useState<number | null>(null);
  const [by, setBy] = useState<By>("phone");
  const mine = new Set(desk.state?.call_from?.map(({ number_id }) => number_id));
  const possible = contact.call_from.filter(({ number_id }) => mine.has(number_id));
  const newest = [...possible].sort((a, b) => (b.last_at ?? "").localeCompare(a.last_at ?? ""))[0];
  const from = possible.find(({ number_id }) => number_id === wanted) ?? newest;
  const names = contact.identities.filter(({ kind }) => kind !== "username");
  const callee: Callee = names.length > 1 ? { contact_id: contact.id, by } : { contact_id: contact.id };
  return (
    <section className={styles.panel} aria-labelledby="contact-call" data-testid="contact-which-call">
      <h2 id="contact-call">{t("contacts.callTitle")}</h2>
      {names.length > 1 ? (
        <NativeSelect
          label={t("contacts.by")}
          value={by}
          onChange={(event) => setBy(event.currentTarget.value as By)}
          data={names.map(({ kind, label }) => ({ value: kind, label: `${t(`contacts.identity.${kind}`)}: ${label}` }))}
          data-testid="contact-by"
        />
      ) : null}
      <fieldset className={styles.numbers}>
        <legend>{t("contacts.from")}</legend>
        {contact.call_from.map((number) => (
          <OurNumber
            key={number.number_id}
            number={number}
            possible={mine.has(number.number_id)}
            chosen={number.number_id === from?.number_id}
            onChoose={() => setWanted(number.number_id)}
          />
        ))}
      </fieldset>
      <WhyNone possible={possible.length > 0} />
      {from === undefined || names.length === 0 || phoneIsElsewhere(desk) || myCall(desk) !== null ? null : (
        <Offer
          key={`${from.number_id} ${JSON.stringify(callee)}`}
          number_id={from.number_id}
          callee={callee}
          onCalling={() => undefined}
        />
      )}
      {from === undefined || names.length === 0 ? null : (
        <Inviting
          key={`invite ${from.number_id} ${JSON.stringify(callee)}`}
          number_id={from.number_id}
          callee={callee}
        />
      )}
    </section>
  );
}

function WhyNone({ possible }: { possible: boolean }) {
  const { t } = useTranslation();
  const desk = useDesk();
  if (desk.state === null) return null;
  const why = phoneIsElsewhere(desk) ? "elsewhere" : myCall(desk) !== null ? "inCall" : possible ? null : "mayNot";
  return why === null ? null : (
    <p className={styles.none} data-testid="contact-why-not">
      {t(`contacts.${why}`)}
    </p>
  );
}

function OurNumber(props: { number: CallFrom; possible: boolean; chosen: boolean; onChoose: () => void }) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  const { number, possible, chosen } = props;
  const last_s = number.last_at === null ? null : Date.parse(number.last_at) / 1000;
  return (
    <label className={styles.number} data-testid="contact-number" data-permission={number.permission ?? "unknown"}>
      <input type="radio" name="contact-from" checked={chosen} disabled={!possible} onChange={props.onChoose} />
      <span>
        <strong>{number.label}</strong>
        <span>{standing(t, number.permission)}</span>
        <span>
          {last_s === null ? t("contacts.never") : t("contacts.spoke", { when: moment(last_s, now_s, i18n.language) })}
        </span>
      </span>
    </label>
  );
}

function standing(t: TFunction, permission: string | null): string {
  return (permission === null ? null : standingText(t, permission)) ?? t("contacts.standing.unknown");
}
