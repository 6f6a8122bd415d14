import { Button, NativeSelect } from "@mantine/core";
import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Loading } from "../admin/NumberPage";
import { useNow_s } from "../desk/useNow";
import { moment } from "../i18n/format";
import { DeedTrouble } from "./ChooseSome";
import { troubleText } from "./deeds";
import {
  DELIVERY_STATES,
  type Delivery,
  type DeliveryState,
  kindText,
  resultText,
  type Subscription,
  useDeliveries,
  useReplay,
} from "./events";
import styles from "./System.module.css";

const TONE = { pending: "warn", delivered: "ok", dead: "bad" } as const;

/** What became of each event for one receiver, the newest first. */
export function DeliveryLog({ subscription }: { subscription: Subscription }) {
  const { t } = useTranslation();
  const [state, setState] = useState<DeliveryState | null>(null);
  const found = useDeliveries(subscription.id, state);
  const replaying = useReplay(subscription.id);
  const deliveries = found.data?.pages.flatMap((page) => page.deliveries);
  return (
    <section aria-label={t("system.events.logOf", { url: subscription.url })} data-testid="delivery-log">
      <NativeSelect
        size="xs"
        label={t("system.events.logState")}
        rightSection={<ChevronDown size={15} aria-hidden="true" />}
        data={[
          { value: "", label: t("system.events.logStates.any") },
          ...DELIVERY_STATES.map((value) => ({ value, label: t(`system.events.logStates.${value}`) })),
        ]}
        value={state ?? ""}
        onChange={({ currentTarget: { value } }) => setState(DELIVERY_STATES.find((known) => known === value) ?? null)}
        data-testid="log-state"
      />
      {deliveries === undefined ? <Loading query={found} /> : null}
      {deliveries?.length === 0 ? <p className={styles.intro}>{t("system.events.logNone")}</p> : null}
      {deliveries === undefined || deliveries.length === 0 ? null : (
        <div className={styles.scroll}>
          <table className={styles.table}>
            <thead>
              <tr>
                <th scope="col">{t("system.events.columns.event")}</th>
                <th scope="col">{t("system.events.columns.happened")}</th>
                <th scope="col">{t("system.events.columns.state")}</th>
                <th scope="col">{t("system.events.columns.attempts")}</th>
                <th scope="col">{t("system.events.columns.last")}</th>
                <th scope="col">{t("system.events.columns.next")}</th>
              </tr>
            </thead>
            <tbody>
              {deliveries.map((delivery) => (
                <DeliveryRow
                  key={delivery.event_id}
                  delivery={delivery}
                  pending={replaying.isPending && replaying.variables === delivery.event_id}
                  onReplay={() => replaying.mutate(delivery.event_id)}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <DeedTrouble words={replaying.error === null ? null : troubleText(t, replaying.error)} />
      {found.hasNextPage ? (
        <Button
          size="xs"
          variant="default"
          loading={found.isFetchingNextPage}
          onClick={() => void found.fetchNextPage()}
          data-testid="log-more"
        >
          {t("system.events.more")}
        </Button>
      ) : null}
    </section>
  );
}

interface DeliveryRowProps {
  delivery: Delivery;
  pending: boolean;
  onReplay: () => void;
}

function DeliveryRow({ delivery, pending, onReplay }: DeliveryRowProps) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  const when = (at: string): string => moment(Date.parse(at) / 1000, now_s, i18n.language);
  const { state, last_result, last_took_ms, next_at } = delivery;
  const kind = kindText(t, delivery.type);
  return (
    <tr data-testid="delivery" data-state={state}>
      <td>
        {kind}
        <small>{[delivery.type, delivery.subject].join(" · ")}</small>
      </td>
      <td className={styles.number}>{when(delivery.happened_at)}</td>
      <td>
        <span className={styles.state} data-tone={TONE[state]}>
          {t(`system.events.deliveryStates.${state}`)}
        </span>
      </td>
      <td className={styles.number}>{delivery.attempts}</td>
      <td>
        {last_result === null
          ? null
          : t("system.events.took", { result: resultText(t, last_result), ms: last_took_ms ?? 0 })}
      </td>
      <td className={styles.number}>
        {next_at === null ? null : when(next_at)}
        {state === "pending" ? null : (
          <Button
            size="compact-xs"
            variant="default"
            loading={pending}
            aria-label={t("system.events.replayOf", { kind, when: when(delivery.happened_at) })}
            onClick={onReplay}
            data-testid="replay-one"
          >
            {t("system.events.replay")}
          </Button>
        )}
      </td>
    </tr>
  );
}
