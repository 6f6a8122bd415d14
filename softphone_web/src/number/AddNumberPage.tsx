import { Button, PasswordInput, TextInput } from "@mantine/core";
import "@mantine/core/styles/PasswordInput.css";
import { ArrowLeft } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import admin from "../admin/Admin.module.css";
import { ForAdministrators } from "../admin/Granted";
import { ApiError } from "../session/api";
import { DepartmentSelect } from "./DepartmentSelect";
import { Findings } from "./Findings";
import styles from "./Number.module.css";
import { type Candidate, refusedFields, useAddNumber, useCheckCandidate } from "./settings";
import { problemText } from "./words";

const EMPTY = { label: "", slug: "", phone: "", phone_number_id: "", waba_id: "", department: "", token: "" };
type Typed = typeof EMPTY;

/** A number that is not there yet: checked with Meta, then saved. */
export function AddNumberPage() {
  return (
    <ForAdministrators>
      <AddNumber />
    </ForAdministrators>
  );
}

function AddNumber() {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const [draft, setDraft] = useState(EMPTY);
  const check = useCheckCandidate();
  const add = useAddNumber();
  const [asked, setAsked] = useState<"check" | "add">("check");
  const error = asked === "check" ? check.error : add.error;
  const refused = refusedFields(error);
  const wrong = (field: string) => problemText(t, refused[field]);
  const away = refused.token === "meta_away";
  const set = (to: Partial<Typed>) => setDraft((now) => ({ ...now, ...to }));

  function save(event: FormEvent | null, unchecked: boolean): void {
    event?.preventDefault();
    setAsked("add");
    add.mutate({ ...candidateOf(draft), unchecked }, { onSuccess: ({ id }) => navigate(`/numbers/${id}/settings`) });
  }

  const field = (name: keyof Typed, label: string, hint?: string) => (
    <TextInput
      label={label}
      description={hint}
      inputWrapperOrder={["label", "input", "description", "error"]}
      value={draft[name]}
      error={wrong(name)}
      autoComplete="off"
      spellCheck={false}
      onChange={(event) => set({ [name]: event.currentTarget.value })}
      data-testid={`add-${name}`}
    />
  );

  return (
    <section className={admin.page} aria-labelledby="add-number" data-testid="add-number-page">
      <Link to="/numbers" className={admin.back}>
        <ArrowLeft size={16} aria-hidden="true" /> {t("admin.toNumbers")}
      </Link>
      <div className={admin.head}>
        <h1 id="add-number">{t("number.add.title")}</h1>
      </div>
      <form className={styles.form} onSubmit={(event) => save(event, false)}>
        <section aria-label={t("number.add.title")}>
          <p className={styles.hint}>{t("number.add.intro")}</p>
          <div className={styles.fields}>
            {field("label", t("number.label"), t("number.labelHint"))}
            {field("slug", t("number.slug"), t("number.slugHint"))}
            {field("phone", t("number.phone"), "+55 11 95555-0101")}
            {field("phone_number_id", t("number.phoneNumberId"))}
            {field("waba_id", t("number.waba"))}
            <DepartmentSelect
              value={draft.department}
              error={wrong("department_id")}
              choose={(department) => set({ department })}
              testid="add-department"
            />
            <PasswordInput
              label={t("number.add.token")}
              description={t("number.check.tokenHint")}
              inputWrapperOrder={["label", "input", "description", "error"]}
              value={draft.token}
              error={wrong("token")}
              autoComplete="off"
              onChange={(event) => set({ token: event.currentTarget.value })}
              data-testid="add-token"
            />
          </div>
          {asked === "check" && check.data !== undefined ? (
            <>
              <Findings findings={check.data} />
              <p className={styles.hint} role="status" data-testid="add-verdict">
                {t(verdictOf(check.data))}
              </p>
            </>
          ) : null}
          {error === null ? null : (
            <p className={styles.refused} role="alert" data-testid="add-trouble">
              {t(error instanceof ApiError && error.status === 422 ? "number.add.refused" : "number.add.failed")}
            </p>
          )}
          <div className={styles.buttons}>
            <Button
              variant="default"
              size="sm"
              loading={check.isPending}
              aria-label={t("number.add.check")}
              onClick={() => {
                setAsked("check");
                check.mutate(candidateOf(draft));
              }}
              data-testid="add-check"
            >
              {t("number.add.check")}
            </Button>
            <Button
              type="submit"
              size="sm"
              loading={add.isPending}
              aria-label={t("number.add.save")}
              data-testid="add-save"
            >
              {t("number.add.save")}
            </Button>
            {away ? (
              <Button variant="default" size="sm" onClick={() => save(null, true)} data-testid="add-unchecked">
                {t("number.add.unchecked")}
              </Button>
            ) : null}
          </div>
        </section>
      </form>
    </section>
  );
}

function candidateOf(draft: Typed): Candidate {
  const { department, token, ...rest } = draft;
  return {
    ...rest,
    department_id: department === "" ? null : Number(department),
    token: token.trim() === "" ? null : token.trim(),
  };
}

function verdictOf(findings: readonly { code: string; state: string; stops: boolean }[]) {
  if (findings.some(({ stops }) => stops)) return "number.add.stops" as const;
  if (findings.some(({ code, state }) => code === "token" && state === "unknown")) return "number.add.away" as const;
  return "number.add.looksFine" as const;
}
