import { Button, NativeSelect, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback, useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { ChevronDown, ChevronUp, FilterX } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { resultText, useReasons } from "../aftercall/reasons";
import { type Contact, nameOf } from "../contacts/contacts";
import { request } from "../session/api";
import { useSession } from "../session/session";
import { useColleagues } from "../transfer/colleagues";
import { countOf, DIRECTIONS, type Filters, NO_FILTERS, OUTCOMES, REASONS, SPANS } from "./filters";
import styles from "./HistoryPage.module.css";
import { useChoices } from "./history";

interface Props {
  filters: Filters;
  change: (changes: Partial<Filters>) => void;
  children: ReactNode;
}

const RARE = ["number", "department", "agent", "direction", "reason", "disposition", "recorded", "protocol"] as const;

/** Everything by which calls are looked for. What is rarely needed is behind a button, unless it is in use. */
export function FilterBar({ filters, change, children }: Props) {
  const { t } = useTranslation();
  const given = countOf(filters);
  const rare = RARE.filter((name) => filters[name] !== "").length;
  const [unfolded, setUnfolded] = useState(rare > 0);
  return (
    <search className={styles.filters} aria-label={t("history.filters")}>
      <div className={styles.fields}>
        <Period filters={filters} change={change} />
        <Customer key={filters.contact} contact={filters.contact} change={change} />
        <Choice
          name="outcome"
          label={t("history.outcome")}
          value={filters.outcome}
          change={change}
          options={OUTCOMES.map((value) => [value, t(`calls.outcome.${value}`)])}
        />
        <Typed name="words" label={t("history.words")} value={filters.words} change={change} />
      </div>
      {unfolded ? <Rare filters={filters} change={change} /> : null}
      <div className={styles.acts}>
        <Button
          variant="subtle"
          size="xs"
          leftSection={
            unfolded ? <ChevronUp size={15} aria-hidden="true" /> : <ChevronDown size={15} aria-hidden="true" />
          }
          onClick={() => setUnfolded(!unfolded)}
          aria-expanded={unfolded}
          data-testid="history-more"
        >
          {t(unfolded ? "history.fewer" : "history.more")}
          {!unfolded && rare > 0 ? ` (${rare})` : ""}
        </Button>
        {given === 0 && filters.span === NO_FILTERS.span ? null : (
          <Button
            variant="subtle"
            size="xs"
            leftSection={<FilterX size={15} aria-hidden="true" />}
            onClick={() => change(NO_FILTERS)}
            data-testid="history-clear"
          >
            {t("history.clear")}
          </Button>
        )}
        {children}
      </div>
    </search>
  );
}

function Period({ filters, change }: Omit<Props, "children">) {
  const { t } = useTranslation();
  return (
    <>
      <NativeSelect
        label={t("history.period")}
        value={filters.span}
        onChange={({ currentTarget: { value } }) => change({ span: SPANS.find((span) => span === value) ?? "30" })}
        data={SPANS.map((value) => ({ value, label: t(`history.span.${value}`) }))}
        data-testid="history-span"
      />
      {filters.span === "days"
        ? (["from", "to"] as const).map((name) => (
            <TextInput
              key={name}
              type="date"
              label={t(`history.${name}`)}
              min="2020-01-01"
              max="2099-12-31"
              value={filters[name]}
              onChange={({ currentTarget: { value } }) => change({ [name]: value })}
              data-testid={`history-${name}`}
            />
          ))
        : null}
    </>
  );
}

function Rare({ filters, change }: Omit<Props, "children">) {
  const { t } = useTranslation();
  const role = useSession().data?.me.role;
  const choices = useChoices().data;
  const colleagues = useColleagues().data;
  const own = useReasons().data?.disposition;
  const known = own?.map(({ code }) => code) ?? [];
  const results =
    filters.disposition === "" || known.includes(filters.disposition) ? known : [...known, filters.disposition];
  const people = (colleagues?.agents ?? []).map(({ agent_id, name }) => [String(agent_id), name] as const);
  return (
    <div className={styles.fields}>
      <Choice
        name="number"
        label={t("history.number")}
        value={filters.number}
        change={change}
        options={(choices?.numbers ?? []).map(({ id, label }) => [String(id), label])}
      />
      {role === "agent" ? null : (
        <>
          <Choice
            name="department"
            label={t("history.department")}
            value={filters.department}
            change={change}
            options={(choices?.departments ?? []).map(({ id, name }) => [String(id), name])}
          />
          <Choice name="agent" label={t("history.agent")} value={filters.agent} change={change} options={people} />
        </>
      )}
      <Choice
        name="direction"
        label={t("history.direction")}
        value={filters.direction}
        change={change}
        options={DIRECTIONS.map((value) => [value, t(`history.directions.${value}`)])}
      />
      <Choice
        name="reason"
        label={t("history.reason")}
        value={filters.reason}
        change={change}
        options={REASONS.map((value) => [value, t(`history.reasons.${value}`)])}
      />
      <Choice
        name="disposition"
        label={t("history.disposition")}
        value={filters.disposition}
        change={change}
        options={results.map((code) => [code, resultText(t, code, own)])}
      />
      <Choice
        name="recorded"
        label={t("history.recorded")}
        value={filters.recorded}
        change={change}
        options={(["true", "false"] as const).map((value) => [value, t(`history.recordings.${value}`)])}
      />
      <Typed
        name="protocol"
        label={t("history.protocol")}
        hint={t("history.protocolHint")}
        value={filters.protocol}
        change={change}
      />
    </div>
  );
}

interface FieldProps {
  name: keyof Filters;
  label: string;
  value: string;
  change: Props["change"];
}

/** What is chosen and not (yet) among the options stays chosen: lists come later than the address. */
function Choice({
  name,
  label,
  value,
  change,
  options,
}: FieldProps & { options: readonly (readonly [string, string])[] }) {
  const { t } = useTranslation();
  const known = value === "" || options.some(([option]) => option === value);
  const all = [["", t("history.any")] as const, ...options, ...(known ? [] : [[value, value] as const])];
  return (
    <NativeSelect
      label={label}
      value={value}
      onChange={({ currentTarget }) => change({ [name]: currentTarget.value })}
      data={all.map(([option, words]) => ({ value: option, label: words }))}
      data-testid={`history-${name}`}
    />
  );
}

const TYPING_MS = 350;

function Typed({ name, label, hint, value, change }: FieldProps & { hint?: string }) {
  const { t } = useTranslation();
  const [text, setText] = useState(value);
  const told = useDebouncedCallback((typed: string) => change({ [name]: typed }), TYPING_MS);
  useEffect(() => setText(value), [value]);
  const numeric = name === "protocol";
  return (
    <TextInput
      label={label}
      placeholder={hint ?? t("history.wordsHint")}
      type="search"
      inputMode={numeric ? "numeric" : "search"}
      maxLength={numeric ? 20 : 200}
      value={text}
      onChange={({ currentTarget }) => {
        const typed = numeric ? currentTarget.value.replace(/\D/g, "") : currentTarget.value;
        setText(typed);
        if (!numeric || typed === "" || typed.length >= 10) told(typed);
      }}
      data-testid={`history-${name}`}
    />
  );
}

/** One contact, found by typing. The address holds their id, and no name. */
function Customer({ contact, change }: { contact: string; change: Props["change"] }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const [settled] = useDebouncedValue(typed.trim(), TYPING_MS);
  const chosen = useQuery({
    queryKey: ["history", "customer", contact],
    queryFn: async () => (await request("GET", `/contacts/${contact}`)) as Contact,
    enabled: contact !== "",
  });
  const found = useQuery({
    queryKey: ["history", "customers", settled],
    queryFn: async () =>
      (
        (await request("GET", `/contacts?${new URLSearchParams({ search: settled, limit: "10" })}`)) as {
          contacts: Contact[];
        }
      ).contacts,
    enabled: settled.length >= 2,
  });
  const people = new Map((found.data ?? []).map((each) => [String(each.id), wordsOf(each)]));
  if (contact !== "") people.set(contact, chosen.data === undefined ? "…" : wordsOf(chosen.data));
  return (
    <Select
      label={t("history.customer")}
      placeholder={t("history.customerHint")}
      searchable
      clearable
      value={contact === "" ? null : contact}
      data={[...people].map(([value, label]) => ({ value, label }))}
      filter={({ options }) => options}
      onSearchChange={setTyped}
      onChange={(value) => change({ contact: value ?? "" })}
      nothingFoundMessage={settled.length >= 2 && found.isSuccess ? t("history.customerNone") : undefined}
      clearButtonProps={{ "aria-label": t("history.clear") }}
      data-testid="history-contact"
    />
  );
}

function wordsOf(contact: Contact): string {
  const name = nameOf(contact);
  return name === null ? contact.customer_label : `${name} · ${contact.customer_label}`;
}
