import { ActionIcon } from "@mantine/core";
import { LogOut } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useDesk } from "../desk/DeskProvider";
import { myCall } from "../desk/desk";
import { useSignOut } from "../session/session";
import styles from "./SignOut.module.css";

/** Signing out would cut a call; the button says so and waits. */
export function SignOut() {
  const { t } = useTranslation();
  const signOut = useSignOut();
  const inCall = myCall(useDesk()) !== null;
  return (
    <>
      {inCall ? <span className={styles.whyNot}>{t("shell.signOutInCall")}</span> : null}
      <ActionIcon
        className={styles.signOut}
        variant="subtle"
        color="gray"
        size={40}
        aria-label={t("shell.signOut")}
        title={t("shell.signOut")}
        disabled={inCall}
        loading={signOut.isPending}
        onClick={() => signOut.mutate()}
        data-testid="sign-out"
      >
        <LogOut size={19} aria-hidden="true" />
      </ActionIcon>
    </>
  );
}
