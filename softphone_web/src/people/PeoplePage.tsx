import { Button, TextInput } from "@mantine/core";
import { UserPlus, Users } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ForAdministrators } from "../admin/Granted";
import { Loading } from "../admin/NumberPage";
import { Empty } from "../shell/Empty";
import { Departments } from "./Departments";
import { FirstPassword, type Handed } from "./FirstPassword";
import styles from "./PeoplePage.module.css";
import { PersonForm } from "./PersonForm";
import { found, type Place, type User, usePlaces, useUsers } from "./people";

/** Who may sign in, where they work, and what they may do there. */
export function PeoplePage() {
  const { t } = useTranslation();
  return (
    <ForAdministrators why={t("people.grant")}>
      <AllOfThem />
    </ForAdministrators>
  );
}

function AllOfThem() {
  const { t } = useTranslation();
  const users = useUsers();
  const places = usePlaces();
  return (
    <section className={styles.page} aria-labelledby="people-title" data-testid="people">
      <h1 id="people-title">{t("people.title")}</h1>
      <p className={styles.intro}>{t("people.intro")}</p>
      {users.data === undefined || places.data === undefined ? (
        <Loading query={users.data === undefined ? users : places} />
      ) : (
        <>
          <People users={users.data} places={places.data} />
          <Departments users={users.data} places={places.data} />
        </>
      )}
    </section>
  );
}

function People({ users, places }: { users: User[]; places: Place[] }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<number | "new" | null>(null);
  const [saved, setSaved] = useState(false);
  const [wanted, setWanted] = useState("");
  const [handed, setHanded] = useState<Handed | null>(null);
  const shown = found(users, wanted);
  const form = (user: User | null) => (
    <PersonForm
      key={user?.id ?? "new"}
      user={user}
      places={places}
      onHanded={setHanded}
      onClose={(now) => {
        setOpen(null);
        setSaved(now);
      }}
    />
  );
  return (
    <section className={styles.card} aria-label={t("people.title")}>
      <div className={styles.head}>
        <TextInput
          className={styles.search}
          aria-label={t("people.search")}
          placeholder={t("people.search")}
          value={wanted}
          onChange={(event) => setWanted(event.currentTarget.value)}
          data-testid="people-search"
        />
        <Button
          size="sm"
          leftSection={<UserPlus size={16} aria-hidden="true" />}
          disabled={open === "new"}
          onClick={() => setOpen("new")}
          data-testid="person-add"
        >
          {t("people.add")}
        </Button>
      </div>
      {handed === null ? null : <FirstPassword handed={handed} onDone={() => setHanded(null)} />}
      <p role="status" className={styles.intro} data-testid="people-saved">
        {saved && open === null ? t("people.saved") : null}
      </p>
      {open === "new" ? form(null) : null}
      {users.length <= 1 && open === null ? (
        <Empty part icon={Users} title={t("empty.title.people")} words={t("people.onlyYou")} testid="people-none">
          <Button size="sm" variant="light" onClick={() => setOpen("new")} data-testid="people-first">
            {t("people.add")}
          </Button>
        </Empty>
      ) : null}
      {shown.length === 0 ? <p className={styles.intro}>{t("people.nobody")}</p> : null}
      <ul className={styles.rows}>
        {shown.map((user) => (
          <li key={user.id} data-testid="person" data-login={user.login} data-off={user.disabled_at !== null}>
            {open === user.id ? form(user) : <Row user={user} onOpen={() => setOpen(user.id)} />}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Row({ user, onOpen }: { user: User; onOpen: () => void }) {
  const { t } = useTranslation();
  const where = user.departments.map(({ name }) => name).join(", ");
  return (
    <button
      type="button"
      className={styles.row}
      onClick={onOpen}
      title={t("people.edit", { name: user.name })}
      data-testid="person-open"
    >
      <span className={styles.who}>
        <strong>{user.name}</strong>
        <small>{user.login}</small>
      </span>
      <span>{t(`people.roles.${user.role}`)}</span>
      <span className={styles.where}>{where === "" ? t("people.nowhere") : where}</span>
      {user.disabled_at !== null ? <em>{t("people.off")}</em> : null}
      {user.disabled_at === null && user.first_password ? <em>{t("people.waits")}</em> : null}
    </button>
  );
}
