import { Button } from "@mantine/core";
import { ListTree, Pause, Play, RotateCcw, Send, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNow_s } from "../desk/useNow";
import { moment } from "../i18n/format";
import { DeedTrouble } from "./ChooseSome";
import { DeliveryLog } from "./DeliveryLog";
import { troubleText } from "./deeds";
import {
  kindText,
  resultText,
  type Subscription,
  stateOf,
  type Tested,
  useHold,
  useRemove,
  useReplay,
  useTest,
} from "./events";
import { Sure } from "./Sure";
import styles from "./System.module.css";

const TONE = { fine: "ok", failing: "bad", held: "warn" } as const;

/** One receiver: how it does, and what can be done with it. */
export function SubscriptionRow({ subscription }: { subscription: Subscription }) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  const [open, setOpen] = useState(false);
  const when = (at: string): string => moment(Date.parse(at) / 1000, now_s, i18n.language);
  const { url, held_at, paused_until, waiting, dead, types } = subscription;
  const state = stateOf(subscription);
  const about = [
    ...(subscription.description === "" ? [] : [subscription.description]),
    t("system.events.createdAt", { when: when(subscription.created_at) }),
    ...(waiting > 0 ? [t("system.events.waiting", { n: waiting })] : []),
    ...(dead > 0 ? [t("system.events.dead", { n: dead })] : []),
    ...(state === "failing" && paused_until !== null ? [t("system.events.nextTry", { when: when(paused_until) })] : []),
  ];
  const stateText = {
    fine: () => t("system.events.states.fine"),
    held: () => t("system.events.states.held", { when: held_at === null ? "" : when(held_at) }),
    failing: () => t("system.events.states.failing", { n: subscription.failures }),
  }[state]();
  return (
    <li data-testid="subscription" data-state={state}>
      <div className={styles.row}>
        <div className={styles.what}>
          <strong>{url}</strong>
          <p>{about.join(" · ")}</p>
          <ul className={styles.chips} aria-label={t("system.events.which")}>
            {types === null ? (
              <li>{t("system.events.ofAll")}</li>
            ) : (
              types.map((kind) => <li key={kind}>{kindText(t, kind)}</li>)
            )}
          </ul>
        </div>
        <span className={styles.state} data-tone={TONE[state]} data-testid="subscription-state">
          {stateText}
        </span>
      </div>
      <Deeds subscription={subscription} open={open} onOpen={setOpen} />
      {open ? <DeliveryLog subscription={subscription} /> : null}
    </li>
  );
}

interface DeedsProps {
  subscription: Subscription;
  open: boolean;
  onOpen: (open: boolean) => void;
}

function Deeds({ subscription, open, onOpen }: DeedsProps) {
  const { t } = useTranslation();
  const { id, url, held_at, waiting, dead } = subscription;
  const [asking, setAsking] = useState(false);
  const [last, setLast] = useState<"hold" | "test" | "replay" | null>(null);
  const holding = useHold(id);
  const testing = useTest(id);
  const replaying = useReplay(id);
  const removing = useRemove(id);
  const held = held_at !== null;
  const error = [holding, testing, replaying, removing].find((deed) => deed.isError)?.error ?? null;
  function forget(): void {
    for (const deed of [holding, testing, replaying, removing]) deed.reset();
  }

  function done(): string | null {
    if (last === "hold" && holding.isSuccess) return t(held ? "system.events.held" : "system.events.letItGo");
    if (last === "replay" && replaying.data !== undefined) {
      return t("system.events.replayed", { n: replaying.data.events });
    }
    if (last === "test" && testing.isPending) return t("system.events.testing");
    return null;
  }

  return (
    <>
      <div className={styles.buttons}>
        <Button
          size="xs"
          variant="default"
          leftSection={<Send size={14} aria-hidden="true" />}
          loading={testing.isPending}
          onClick={() => {
            forget();
            setLast("test");
            testing.mutate();
          }}
          data-testid="subscription-test"
        >
          {t("system.events.test")}
        </Button>
        <Button
          size="xs"
          variant="default"
          leftSection={held ? <Play size={14} aria-hidden="true" /> : <Pause size={14} aria-hidden="true" />}
          loading={holding.isPending}
          onClick={() => {
            forget();
            setLast("hold");
            holding.mutate(!held);
          }}
          data-testid="subscription-hold"
        >
          {t(held ? "system.events.letGo" : "system.events.hold")}
        </Button>
        <Button
          size="xs"
          variant="default"
          leftSection={<ListTree size={14} aria-hidden="true" />}
          aria-expanded={open}
          onClick={() => onOpen(!open)}
          data-testid="subscription-log"
        >
          {t(open ? "system.events.logClose" : "system.events.log")}
        </Button>
        {dead === 0 ? null : (
          <Button
            size="xs"
            variant="default"
            leftSection={<RotateCcw size={14} aria-hidden="true" />}
            loading={replaying.isPending}
            onClick={() => {
              forget();
              setLast("replay");
              replaying.mutate(null);
            }}
            data-testid="replay-all"
          >
            {t("system.events.replayAll", { n: dead })}
          </Button>
        )}
        <Button
          size="xs"
          variant="default"
          leftSection={<Trash2 size={14} aria-hidden="true" />}
          aria-label={t("system.events.removeOf", { url })}
          disabled={asking}
          onClick={() => setAsking(true)}
          data-testid="subscription-remove"
        >
          {t("system.events.remove")}
        </Button>
      </div>
      <p role="status" className={styles.done} data-testid="subscription-done">
        {done()}
      </p>
      {last === "test" && testing.data !== undefined ? <TestResult tested={testing.data} /> : null}
      {asking ? (
        <Sure
          name={t("system.events.removeOf", { url })}
          effect={t("system.events.removeSure", { n: waiting })}
          yes={t("system.events.removeYes")}
          pending={removing.isPending}
          onYes={() => {
            onOpen(false);
            removing.mutate();
          }}
          onNo={() => setAsking(false)}
        />
      ) : null}
      <DeedTrouble words={error === null ? null : troubleText(t, error)} />
    </>
  );
}

function TestResult({ tested }: { tested: Tested }) {
  const { t } = useTranslation();
  const result = resultText(t, tested.result);
  return (
    <p
      role={tested.taken ? "status" : "alert"}
      className={tested.taken ? styles.done : styles.trouble}
      data-testid="test-result"
      data-taken={tested.taken}
    >
      {tested.taken
        ? t("system.events.tested", { result, ms: tested.took_ms })
        : t("system.events.testFailed", { result })}
    </p>
  );
}
