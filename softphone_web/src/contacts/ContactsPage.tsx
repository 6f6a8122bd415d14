import { ActionIcon, Button, CloseButton, Loader, TextInput, VisuallyHidden } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { BookUser, Phone, Search } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useRoute } from "wouter";
import { useDesk, useDispatch } from "../desk/DeskProvider";
import { myCall, phoneIsElsewhere } from "../desk/desk";
import { useNow_s } from "../desk/useNow";
import { moment } from "../i18n/format";
import { Empty, TowardsCalls } from "../shell/Empty";
import { Trouble } from "../shell/Trouble";
import styles from "./ContactsPage.module.css";
import { ContactView } from "./ContactView";
import { type Contact, choiceOfContact, isTooShort, nameOf, useContacts } from "./contacts";
import { Open } from "./Open";

const TYPING_MS = 250;

/** Everybody who called, was called or was asked: found by whatever is remembered of them. */
export function ContactsPage() {
  const [opened, params] = useRoute("/contacts/:id");
  const id = opened && /^\d{1,9}$/.test(params.id) ? Number(params.id) : null;
  const [text, setText] = useState("");
  return id === null ? <Directory text={text} onText={setText} /> : <ContactView key={id} id={id} />;
}

function Directory({ text, onText }: { text: string; onText: (text: string) => void }) {
  const { t } = useTranslation();
  const [settled] = useDebouncedValue(text.trim(), TYPING_MS);
  const short = isTooShort(settled);
  const list = useContacts(short ? "" : settled);
  const contacts = list.data?.pages.flatMap((page) => page.contacts);
  const searching = settled !== "" && !short;
  return (
    <section className={styles.page} aria-labelledby="contacts-title" data-testid="contacts">
      <div className={styles.head}>
        <h1 id="contacts-title">{t("contacts.title")}</h1>
        <span className={styles.fetching} aria-hidden="true">
          {list.isFetching && !list.isPending ? <Loader size={14} /> : null}
        </span>
      </div>
      <TextInput
        className={styles.search}
        label={t("contacts.search")}
        description={t(short ? "contacts.short" : "contacts.searchHint")}
        type="search"
        autoComplete="off"
        maxLength={100}
        leftSection={<Search size={17} aria-hidden="true" />}
        rightSection={
          text === "" ? null : (
            <CloseButton aria-label={t("contacts.empty.clear")} onClick={() => onText("")} size="sm" />
          )
        }
        value={text}
        onChange={(event) => onText(event.currentTarget.value)}
        data-testid="contacts-search"
      />
      <VisuallyHidden>
        <div role="status">{contacts === undefined ? "" : t("contacts.found", { n: contacts.length })}</div>
      </VisuallyHidden>
      {list.isError ? (
        <Trouble words={t("contacts.unreachable")} retry={list.refetch} testid="contacts-trouble" />
      ) : null}
      {list.isPending ? (
        <p className={styles.loading}>
          <Loader size={16} aria-hidden="true" /> {t("contacts.loading")}
        </p>
      ) : null}
      {contacts?.length === 0 ? <Nobody text={searching ? settled : null} onClear={() => onText("")} /> : null}
      {contacts && contacts.length > 0 ? <Lines contacts={contacts} /> : null}
      {list.hasNextPage ? (
        <Button
          variant="default"
          loading={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
          data-testid="contacts-more"
        >
          {t("contacts.more")}
        </Button>
      ) : null}
    </section>
  );
}

function Nobody({ text, onClear }: { text: string | null; onClear: () => void }) {
  const { t } = useTranslation();
  return text === null ? (
    <Empty icon={BookUser} title={t("contacts.empty.title")} words={t("contacts.empty.body")} testid="contacts-none">
      <TowardsCalls />
    </Empty>
  ) : (
    <div className={styles.empty} data-testid="contacts-none">
      <BookUser size={30} strokeWidth={1.5} aria-hidden="true" />
      <p>{t("contacts.empty.none", { text })}</p>
      <Button variant="light" onClick={onClear}>
        {t("contacts.empty.clear")}
      </Button>
    </div>
  );
}

function Lines({ contacts }: { contacts: Contact[] }) {
  const { t } = useTranslation();
  const desk = useDesk();
  const mayCall = Boolean(desk.state?.call_from?.length) && !phoneIsElsewhere(desk);
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">{t("contacts.column.contact")}</th>
          <th scope="col">{t("contacts.column.numbers")}</th>
          <th scope="col">{t("contacts.column.last")}</th>
          <th scope="col">{t("contacts.column.open")}</th>
          {mayCall ? (
            <th scope="col">
              <VisuallyHidden>{t("contacts.column.call")}</VisuallyHidden>
            </th>
          ) : null}
        </tr>
      </thead>
      <tbody>
        {contacts.map((contact) => (
          <Line key={contact.id} contact={contact} mayCall={mayCall} />
        ))}
      </tbody>
    </table>
  );
}

function Line({ contact, mayCall }: { contact: Contact; mayCall: boolean }) {
  const name = nameOf(contact);
  return (
    <tr data-testid="contact" data-contact-id={contact.id}>
      <td className={styles.who}>
        <Link to={`/contacts/${contact.id}`} data-testid="contact-open">
          {name ?? contact.customer_label}
        </Link>
        {name === null || name === contact.customer_label ? null : <span>{contact.customer_label}</span>}
      </td>
      <td className={styles.numbers}>{contact.numbers.map(({ label }) => label).join(", ")}</td>
      <td className={styles.last}>
        <LastCall contact={contact} />
      </td>
      <td>
        <Open contact={contact} />
      </td>
      {mayCall ? (
        <td className={styles.call}>
          <CallThem contact={contact} />
        </td>
      ) : null}
    </tr>
  );
}

function LastCall({ contact }: { contact: Contact }) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  const call = contact.last_call;
  if (call === null || call.at === null) return <span className={styles.faint}>{t("contacts.noCall")}</span>;
  const how = call.outcome ?? "open";
  const unanswered = call.direction === "outbound" && how === "missed";
  return (
    <>
      <span>{t(unanswered ? "calls.unanswered" : `calls.outcome.${how}`)}</span>
      <time dateTime={call.at}>{moment(Date.parse(call.at) / 1000, now_s, i18n.language)}</time>
    </>
  );
}

/** The choice goes to the phone, whose one button says whether to call, to ask or to wait. */
function CallThem({ contact }: { contact: Contact }) {
  const { t } = useTranslation();
  const desk = useDesk();
  const dispatch = useDispatch();
  const choice = choiceOfContact(contact);
  if (choice === null) return null;
  const label = t("dial.callThem", { caller: choice.name ?? choice.label });
  return (
    <ActionIcon
      variant="subtle"
      size={40}
      aria-label={label}
      title={label}
      disabled={myCall(desk) !== null}
      onClick={() => dispatch({ type: "callee_chosen", chosen: choice })}
      data-testid="contact-call"
    >
      <Phone size={18} aria-hidden="true" />
    </ActionIcon>
  );
}
