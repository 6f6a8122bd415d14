import { Button, Loader, MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import styles from "./App.module.css";
import { DeskProvider } from "./desk/DeskProvider";
import { SignIn } from "./session/SignIn";
import { useSession } from "./session/session";
import { Shell } from "./shell/Shell";
import { theme } from "./theme";

export function App() {
  const [queries] = useState(() => new QueryClient({ defaultOptions: { queries: { retry: 1, staleTime: 10_000 } } }));
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>
        <Gate />
      </QueryClientProvider>
    </MantineProvider>
  );
}

function Gate() {
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
      <Shell me={session.data.me} />
    </DeskProvider>
  );
}
