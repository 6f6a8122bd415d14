import { Button } from "@mantine/core";
import { Plus, Webhook } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Loading } from "../admin/NumberPage";
import { Empty } from "../shell/Empty";
import { type Subscriptions, useSubscriptions } from "./events";
import { SubscriptionForm } from "./SubscriptionForm";
import { SubscriptionRow } from "./SubscriptionRow";
import styles from "./System.module.css";
import { SystemPage } from "./SystemPage";
import { type Told, ToldOnce } from "./ToldOnce";

/** Who is told what happens, and whether it arrives. */
export function EventsPage() {
  return (
    <SystemPage page="events">
      <AllOfThem />
    </SystemPage>
  );
}

function AllOfThem() {
  const found = useSubscriptions();
  return found.data === undefined ? <Loading query={found} /> : <List {...found.data} />;
}

function List({ subscriptions, kinds }: Subscriptions) {
  const { t } = useTranslation();
  const [adding, setAdding] = useState(false);
  const [told, setTold] = useState<Told | null>(null);
  const empty = subscriptions.length === 0 && !adding;
  const begin = (
    <Button
      size="sm"
      leftSection={<Plus size={16} aria-hidden="true" />}
      disabled={adding}
      onClick={() => setAdding(true)}
      data-testid="subscription-add"
    >
      {t("system.events.add")}
    </Button>
  );
  return (
    <section className={styles.card} aria-label={t("system.events.title")}>
      <div className={styles.head}>
        <span />
        {empty ? null : begin}
      </div>
      {told === null ? null : <ToldOnce key={told.secret} told={told} onDone={() => setTold(null)} />}
      {adding ? (
        <SubscriptionForm
          kinds={kinds}
          onMade={(url, secret) => {
            setAdding(false);
            setTold({ title: t("system.events.made", { url }), secret });
          }}
          onClose={() => setAdding(false)}
        />
      ) : null}
      {empty ? (
        <Empty
          part
          icon={Webhook}
          title={t("empty.title.events")}
          words={t("system.events.none")}
          testid="subscriptions-none"
        >
          {begin}
        </Empty>
      ) : null}
      <ul className={styles.rows}>
        {subscriptions.map((subscription) => (
          <SubscriptionRow key={subscription.id} subscription={subscription} />
        ))}
      </ul>
    </section>
  );
}
