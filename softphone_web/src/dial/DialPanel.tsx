import { CloseButton, NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import type { TFunction } from "i18next";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useDesk, useDispatch } from "../desk/DeskProvider";
import { mayTakeFocus } from "../phone/view/focus";
import styles from "./DialPanel.module.css";
import { type NumberProblem, readNumber, type TypedNumber } from "./number";
import { Offer } from "./Offer";
import type { Callee } from "./permission";

const TYPING_MS = 350;

/** Calling a customer: whom, from which of our numbers, and what may be done now. For agents who may call at all. */
export function DialPanel() {
  const { t } = useTranslation();
  const desk = useDesk();
  const dispatch = useDispatch();
  const [text, setText] = useState("");
  const [left, setLeft] = useState(false);
  const [wanted, setWanted] = useState<number | null>(null);
  const head = useRef<HTMLHeadingElement>(null);
  const { chosen, state, typed: given } = desk;
  const numbers = state?.call_from ?? [];
  const from =
    numbers.find(({ number_id }) => number_id === wanted) ??
    numbers.find(({ number_id }) => number_id === chosen?.number_id) ??
    numbers[0];
  const typed = readNumber(text, from?.country ?? null);
  const [settled] = useDebouncedValue(typed.kind === "number" ? typed.phone : null, TYPING_MS);

  // Chosen in a list elsewhere on the page: the choice is read out, and the buttons are next to it.
  useEffect(() => {
    if (chosen !== null && mayTakeFocus()) head.current?.focus();
  }, [chosen]);

  // Typed for the agent, by the page around a panel in a frame: they read it, and press or do not.
  useEffect(() => {
    if (given === null) return;
    setText(given.phone);
    setLeft(false);
    setWanted(given.number_id);
    dispatch({ type: "number_typed", typed: null });
  }, [given, dispatch]);

  if (from === undefined || state === null) return null;
  const callee = calleeOf(chosen?.contact_id ?? null, typed, settled);

  return (
    <section className={styles.panel} aria-labelledby="dial-title" data-testid="dial-panel">
      <h3 id="dial-title" ref={head} className={styles.title} tabIndex={-1}>
        {t("dial.title")}
      </h3>
      {chosen === null ? (
        <TextInput
          label={t("dial.callee")}
          description={t("dial.hint")}
          error={left && typed.kind === "problem" ? problemText(t, typed.problem) : undefined}
          classNames={{ description: styles.hint }}
          type="tel"
          inputMode="tel"
          autoComplete="off"
          maxLength={40}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setLeft(false);
          }}
          onBlur={() => {
            setLeft(true);
            if (typed.kind === "number") setText(typed.shown);
          }}
          data-testid="dial-callee"
        />
      ) : (
        <div className={styles.chosen} data-testid="dial-chosen">
          <div>
            <strong>{chosen.name ?? chosen.label}</strong>
            {chosen.name === null ? null : <span>{chosen.label}</span>}
          </div>
          <CloseButton
            aria-label={t("dial.clear")}
            title={t("dial.clear")}
            onClick={() => dispatch({ type: "callee_chosen", chosen: null })}
            data-testid="dial-clear"
          />
        </div>
      )}
      {numbers.length > 1 ? (
        <NativeSelect
          label={t("dial.from")}
          value={String(from.number_id)}
          onChange={(event) => setWanted(Number(event.currentTarget.value))}
          data={numbers.map((number) => ({ value: String(number.number_id), label: number.label }))}
          data-testid="dial-from"
        />
      ) : null}
      {chosen === null && typed.kind === "number" ? <WillCall typed={typed} /> : null}
      {callee === null ? null : (
        <Offer
          key={`${from.number_id} ${JSON.stringify(callee)}`}
          number_id={from.number_id}
          callee={callee}
          onCalling={() => {
            setText("");
            dispatch({ type: "callee_chosen", chosen: null });
          }}
        />
      )}
    </section>
  );
}

function WillCall({ typed }: { typed: TypedNumber & { kind: "number" } }) {
  const { t, i18n } = useTranslation();
  const names = new Intl.DisplayNames(i18n.language, { type: "region" });
  const country = typed.country === null ? t("none") : (names.of(typed.country) ?? typed.country);
  return (
    <p className={styles.will} data-testid="dial-will-call">
      {t("dial.will", { number: typed.shown, country })}
    </p>
  );
}

/** A typed number is asked about once the typing has paused. */
function calleeOf(contact_id: number | null, typed: TypedNumber, settled: string | null): Callee | null {
  if (contact_id !== null) return { contact_id };
  return typed.kind === "number" && typed.phone === settled ? { phone: typed.phone } : null;
}

function problemText(t: TFunction, problem: NumberProblem): string {
  return t(`dial.problem.${problem}`);
}
