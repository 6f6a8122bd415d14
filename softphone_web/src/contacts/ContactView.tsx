import { Button, Loader, TextInput } from "@mantine/core";
import { ArrowLeft, Pencil } from "lucide-react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { CallTable } from "../calls/RecentCalls";
import { useNow_s } from "../desk/useNow";
import { moment } from "../i18n/format";
import { Forgetting } from "../retention/Forgetting";
import { ApiError } from "../session/api";
import { Trouble } from "../shell/Trouble";
import styles from "./ContactView.module.css";
import { type ContactDetail, nameOf, useContact, useContactCalls, useContactNotes, useNaming } from "./contacts";
import { Open } from "./Open";
import { WhichCall } from "./WhichCall";

/** One contact: by what they are known, whether and how they may be called, and what has been. */
export function ContactView({ id }: { id: number }) {
  const { t } = useTranslation();
  const contact = useContact(id);
  const { data, error } = contact;
  const gone = error instanceof ApiError && error.status === 404;
  return (
    <article className={styles.page} aria-labelledby="contact-name" data-testid="contact-view">
      <Link to="/contacts" className={styles.back} data-testid="contact-back">
        <ArrowLeft size={17} aria-hidden="true" /> {t("contacts.back")}
      </Link>
      {gone ? <p role="alert">{t("contacts.gone")}</p> : null}
      {contact.isError && !gone ? (
        <Trouble words={t("contacts.unreachable")} retry={contact.refetch} testid="contact-trouble" />
      ) : null}
      {contact.isPending ? <Loader size="sm" aria-label={t("contacts.loading")} /> : null}
      {data === undefined ? null : (
        <>
          <Head contact={data} />
          <div className={styles.columns}>
            <Identities contact={data} />
            <WhichCall contact={data} />
          </div>
          <Notes id={id} />
          <Calls id={id} />
          <Forgetting contact={id} name={nameOf(data) ?? data.customer_label} />
        </>
      )}
    </article>
  );
}

function Head({ contact }: { contact: ContactDetail }) {
  const { t } = useTranslation();
  const [editing, setEditing] = useState(false);
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => head.current?.focus(), []);
  return (
    <header className={styles.head}>
      <h1 id="contact-name" ref={head} tabIndex={-1}>
        {nameOf(contact) ?? contact.customer_label}
      </h1>
      {contact.given_name !== null && contact.profile_name !== null ? (
        <p className={styles.profile}>{t("contacts.profile", { name: contact.profile_name })}</p>
      ) : null}
      <Open contact={contact} />
      {editing ? (
        <Naming contact={contact} onDone={() => setEditing(false)} />
      ) : (
        <Button
          variant="default"
          size="xs"
          leftSection={<Pencil size={14} aria-hidden="true" />}
          onClick={() => setEditing(true)}
          data-testid="contact-rename"
        >
          {t("contacts.rename")}
        </Button>
      )}
    </header>
  );
}

function Naming({ contact, onDone }: { contact: ContactDetail; onDone: () => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState(contact.given_name ?? contact.profile_name ?? "");
  const naming = useNaming(contact.id);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);
  const save = (given: string | null) => naming.mutate(given, { onSuccess: onDone });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save(name.trim());
  };
  return (
    <form className={styles.naming} onSubmit={submit} data-testid="contact-naming">
      <TextInput
        ref={field}
        label={t("contacts.name")}
        description={t("contacts.nameHint")}
        error={naming.isError ? t("contacts.notSaved") : undefined}
        maxLength={120}
        autoComplete="off"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") onDone();
        }}
        data-testid="contact-name-field"
      />
      <div className={styles.buttons}>
        <Button
          type="submit"
          size="sm"
          disabled={name.trim() === ""}
          loading={naming.isPending}
          data-testid="contact-name-save"
        >
          {t("contacts.save")}
        </Button>
        <Button size="sm" variant="default" onClick={onDone}>
          {t("contacts.cancel")}
        </Button>
        {contact.given_name === null ? null : (
          <Button size="sm" variant="default" onClick={() => save(null)} data-testid="contact-name-profile">
            {t("contacts.useProfile")}
          </Button>
        )}
      </div>
    </form>
  );
}

function Identities({ contact }: { contact: ContactDetail }) {
  const { t } = useTranslation();
  return (
    <section className={styles.panel} aria-labelledby="contact-identities">
      <h2 id="contact-identities">{t("contacts.identities")}</h2>
      <dl className={styles.identities}>
        {contact.identities.map(({ kind, label }) => (
          <div key={kind} data-testid="contact-identity">
            <dt>{t(`contacts.identity.${kind}`)}</dt>
            <dd>{label}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Notes({ id }: { id: number }) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  const notes = useContactNotes(id);
  return (
    <section aria-labelledby="contact-notes" data-testid="contact-notes">
      <h2 id="contact-notes">{t("contacts.notes")}</h2>
      {notes.isError ? (
        <Trouble words={t("contacts.unreachable")} retry={notes.refetch} testid="contact-notes-trouble" />
      ) : null}
      {notes.data?.length === 0 ? <p className={styles.none}>{t("contacts.noNotes")}</p> : null}
      <ul className={styles.notes}>
        {notes.data?.map((note) => (
          <li key={`${note.call_id} ${note.agent_name}`}>
            <p>{note.text}</p>
            <span>
              {t("contacts.noteBy", {
                agent: note.agent_name,
                when: moment(Date.parse(note.called_at ?? note.updated_at) / 1000, now_s, i18n.language),
              })}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Calls({ id }: { id: number }) {
  const { t } = useTranslation();
  const calls = useContactCalls(id);
  return (
    <section aria-labelledby="contact-calls" data-testid="contact-calls">
      <h2 id="contact-calls">{t("contacts.calls")}</h2>
      {calls.isError ? (
        <Trouble words={t("calls.unreachable")} retry={calls.refetch} testid="contact-calls-trouble" />
      ) : null}
      {calls.isPending ? <Loader size="sm" aria-label={t("calls.loading")} /> : null}
      {calls.data?.length === 0 ? <p className={styles.none}>{t("contacts.noCalls")}</p> : null}
      {calls.data && calls.data.length > 0 ? <CallTable calls={calls.data} mayCall="never" /> : null}
    </section>
  );
}
