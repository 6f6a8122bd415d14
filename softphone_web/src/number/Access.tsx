import { Button, PasswordInput } from "@mantine/core";
import "@mantine/core/styles/PasswordInput.css";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../session/api";
import { useNamedPart } from "../standing/useNamedPart";
import { Findings } from "./Findings";
import styles from "./Number.module.css";
import { type NumberSettings, refusedFields, useCheck, useSaveToken } from "./settings";
import { problemText, refusalText } from "./words";

/** Token and webhook: asked of Meta when somebody presses the button, and mended where we can. */
export function Access({ stored }: { stored: NumberSettings }) {
  const { t } = useTranslation();
  useNamedPart("number-access");
  const check = useCheck(stored.id, "check");
  const subscribe = useCheck(stored.id, "subscribe");
  const [newest, setNewest] = useState<"check" | "subscribe">("check");
  const found = newest === "check" ? check : subscribe;
  const notSubscribed = found.data?.some(({ code, state }) => code === "subscribed" && state === "missing") === true;
  return (
    <section aria-labelledby="number-access" data-testid="number-access">
      <h2 id="number-access">{t("number.check.title")}</h2>
      <p className={styles.hint} data-testid="token-kind">
        {t(stored.own_token ? "number.check.own" : "number.check.shared")}
      </p>
      <Button
        variant="default"
        size="sm"
        loading={check.isPending}
        aria-label={t(check.isPending ? "number.check.asking" : "number.check.ask")}
        onClick={() => {
          setNewest("check");
          check.mutate();
        }}
        data-testid="check-number"
      >
        {t("number.check.ask")}
      </Button>
      {found.error === null ? null : (
        <p className={styles.refused} role="alert">
          {found.error instanceof ApiError && found.error.said.meta_code !== undefined
            ? refusalText(t, `meta.${found.error.said.meta_code}`)
            : t("number.check.unreachable")}
        </p>
      )}
      {found.data === undefined ? null : <Findings findings={found.data} />}
      {notSubscribed ? (
        <Button
          size="xs"
          loading={subscribe.isPending}
          onClick={() => {
            setNewest("subscribe");
            subscribe.mutate();
          }}
          data-testid="subscribe"
        >
          {t("number.check.subscribe")}
        </Button>
      ) : null}
      <TokenForm stored={stored} />
    </section>
  );
}

function TokenForm({ stored }: { stored: NumberSettings }) {
  const { t } = useTranslation();
  const [token, setToken] = useState("");
  const save = useSaveToken(stored.id);
  const problem = problemText(t, refusedFields(save.error).token);
  const failed = save.error !== null && problem === undefined ? t("number.check.unreachable") : undefined;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(token.trim(), { onSuccess: () => setToken("") });
      }}
    >
      <PasswordInput
        label={t("number.check.token")}
        description={t("number.check.tokenHint")}
        inputWrapperOrder={["label", "input", "description", "error"]}
        value={token}
        error={problem ?? failed}
        autoComplete="off"
        onChange={(event) => setToken(event.currentTarget.value)}
        data-testid="token"
      />
      <div className={styles.buttons} style={{ marginTop: 10 }}>
        <Button
          type="submit"
          variant="default"
          size="xs"
          disabled={token.trim() === ""}
          loading={save.isPending}
          data-testid="save-token"
        >
          {t("number.check.saveToken")}
        </Button>
        {stored.own_token ? (
          <Button variant="default" size="xs" onClick={() => save.mutate(null)} data-testid="drop-token">
            {t("number.check.dropToken")}
          </Button>
        ) : null}
      </div>
      {save.isSuccess ? (
        <p className={styles.hint} role="status">
          {t(save.variables === null ? "number.check.tokenDropped" : "number.check.tokenSaved")}
        </p>
      ) : null}
    </form>
  );
}
