import { Button, Loader, MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Me } from "./contract/messages";
import { DeskProvider } from "./desk/DeskProvider";
import styles from "./Gate.module.css";
import { SignIn } from "./session/SignIn";
import { useSession } from "./session/session";
import { theme } from "./theme";

type Inside = (me: Me) => ReactNode;

/** Whoever is signed in is shown what is inside, on a desk of theirs; everybody else the sign-in page. */
export function Gate({ children }: { children: Inside }) {
  const [queries] = useState(() => new QueryClient({ defaultOptions: { queries: { retry: 1, staleTime: 10_000 } } }));
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>
        <Door inside={children} />
      </QueryClientProvider>
    </MantineProvider>
  );
}

function Door({ inside }: { inside: Inside }) {
  const { t } = useTranslation();
  const session = useSession();
  const [expired, setExpired] = useState(false);
  if (session.isPending) {
    return (
      <main className={styles.between} aria-busy="true">
        <Loader size="sm" />
        <p>{t("session.checking")}</p>
      </main>
    );
  }
  if (session.isError) {
    return (
      <main className={styles.between} role="alert">
        <p>{t("session.unreachable")}</p>
        <Button data-testid="session-retry" loading={session.isFetching} onClick={() => void session.refetch()}>
          {t("session.retry")}
        </Button>
      </main>
    );
  }
  if (session.data === null) return <SignIn expired={expired} onSignedIn={() => setExpired(false)} />;
  return (
    <DeskProvider key={session.data.me.agent_id} onSessionExpired={() => setExpired(true)}>
      {inside(session.data.me)}
    </DeskProvider>
  );
}
