import { Button, PasswordInput, TextInput } from "@mantine/core";
import { TriangleAlert } from "lucide-react";
import { type FormEvent, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { roughDuration } from "../i18n/format";
import { mayTakeFocus } from "../phone/view/focus";
import { Brand } from "../shell/Brand";
import { LanguageSelect } from "../shell/LanguageSelect";
import { ThemeSwitch } from "../shell/ThemeSwitch";
import { ApiError } from "./api";
import styles from "./SignIn.module.css";
import { useSignIn } from "./session";

export function SignIn({ expired, onSignedIn }: { expired: boolean; onSignedIn: () => void }) {
  const { t } = useTranslation();
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [chosen, setChosen] = useState("");
  /** The password works once, and one of their own is asked for with it. */
  const [choosing, setChoosing] = useState(false);
  const signIn = useSignIn();
  const errorId = useId();
  const passwordInput = useRef<HTMLInputElement>(null);

  function submit(event: FormEvent): void {
    event.preventDefault();
    signIn.mutate(
      { login: login.trim(), password, ...(choosing ? { new_password: chosen } : {}) },
      {
        onSuccess: onSignedIn,
        onError: (error) => {
          if (error instanceof ApiError && error.code === "new_password") setChoosing(true);
          else if (!choosing) passwordInput.current?.select();
        },
      },
    );
  }

  return (
    <div className={styles.page}>
      <header className={styles.tools}>
        <LanguageSelect />
        <ThemeSwitch />
      </header>
      <main className={styles.main}>
        <form className={styles.card} onSubmit={submit} aria-describedby={errorId}>
          <Brand />
          <p className={styles.tagline}>{t("app.tagline")}</p>
          <TextInput
            label={t("signIn.login")}
            name="login"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            withAsterisk={false}
            autoFocus={mayTakeFocus()}
            size="md"
            value={login}
            onChange={(event) => setLogin(event.currentTarget.value)}
            data-testid="login-name"
          />
          <PasswordInput
            ref={passwordInput}
            label={t("signIn.password")}
            name="password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            size="md"
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            data-testid="login-password"
          />
          {choosing ? (
            <PasswordInput
              label={t("signIn.newPassword")}
              description={t("signIn.newPasswordWhy")}
              name="new-password"
              autoComplete="new-password"
              required
              withAsterisk={false}
              autoFocus
              minLength={8}
              size="md"
              value={chosen}
              onChange={(event) => setChosen(event.currentTarget.value)}
              data-testid="login-new-password"
            />
          ) : null}
          <div id={errorId} role="alert" className={styles.errorPlace}>
            {signIn.error !== null && !asksForNew(signIn.error) ? (
              <p className={styles.error} data-testid="login-error">
                <TriangleAlert size={18} aria-hidden="true" />
                <SignInError error={signIn.error} />
              </p>
            ) : expired ? (
              <p className={styles.notice}>{t("signIn.expired")}</p>
            ) : null}
          </div>
          <Button type="submit" size="md" fullWidth loading={signIn.isPending} data-testid="login-submit">
            {t(choosing ? "signIn.newPasswordSubmit" : "signIn.submit")}
          </Button>
        </form>
      </main>
    </div>
  );
}

/** That is no error: the form grows by a field that says why. */
function asksForNew(error: Error): boolean {
  return error instanceof ApiError && error.code === "new_password";
}

function SignInError({ error }: { error: Error }) {
  const { t, i18n } = useTranslation();
  if (!(error instanceof ApiError)) return <span>{t("signIn.errors.unreachable")}</span>;
  if (error.code === "bad_credentials") return <span>{t("signIn.errors.bad_credentials")}</span>;
  if (error.code === "no_cookie") return <span>{t("signIn.errors.no_cookie")}</span>;
  if (error.code === "bad_new_password") return <span>{t("signIn.errors.bad_new_password")}</span>;
  if (error.code !== "too_many_attempts") return <span>{t("signIn.errors.unknown")}</span>;
  const wait = roughDuration(error.retryAfter_s ?? 60, i18n.language);
  return <span>{t("signIn.errors.too_many_attempts", { wait })}</span>;
}
