import { ActionIcon } from "@mantine/core";
import { Headphones, History, LogOut } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link, Redirect, Route, Router, Switch, useRoute } from "wouter";
import { RecentCalls } from "../calls/RecentCalls";
import type { Me } from "../contract/messages";
import { useDesk } from "../desk/DeskProvider";
import { myCall } from "../desk/desk";
import { PhonePanel } from "../phone/view/PhonePanel";
import { useSignOut } from "../session/session";
import { AudioPage } from "../settings/AudioPage";
import { BrandMark } from "./Brand";
import { LanguageSelect } from "./LanguageSelect";
import styles from "./Shell.module.css";
import { ThemeSwitch } from "./ThemeSwitch";

export function Shell({ me }: { me: Me }) {
  const { t } = useTranslation();
  return (
    <Router>
      <a className="skip" href="#page">
        {t("shell.skip")}
      </a>
      <div className={styles.shell}>
        <nav className={styles.rail} aria-label={t("shell.navigation")}>
          <BrandMark size={34} />
          <RailLink
            to="/"
            label={t("shell.calls")}
            icon={<History size={21} aria-hidden="true" />}
            testid="nav-calls"
          />
          <RailLink
            to="/audio"
            label={t("shell.audio")}
            icon={<Headphones size={21} aria-hidden="true" />}
            testid="nav-audio"
          />
        </nav>
        <div className={styles.tools}>
          <LanguageSelect />
          <ThemeSwitch />
          <span className={styles.me}>{me.name}</span>
          <SignOut />
        </div>
        <main id="page" className={styles.page} tabIndex={-1}>
          <Switch>
            <Route path="/" component={RecentCalls} />
            <Route path="/audio" component={AudioPage} />
            <Route>
              <Redirect to="/" replace />
            </Route>
          </Switch>
        </main>
        <PhonePanel />
      </div>
    </Router>
  );
}

function RailLink({ to, label, icon, testid }: { to: string; label: string; icon: ReactNode; testid: string }) {
  const [here] = useRoute(to);
  return (
    <Link to={to} className={styles.link} aria-current={here ? "page" : undefined} data-testid={testid}>
      {icon}
      <span>{label}</span>
    </Link>
  );
}

/** Signing out would cut a call; the button says so and waits. */
function SignOut() {
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
