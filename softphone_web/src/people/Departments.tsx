import { Button, Switch, TextInput } from "@mantine/core";
import type { TFunction } from "i18next";
import { Building2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Empty, GoDown } from "../shell/Empty";
import styles from "./PeoplePage.module.css";
import { problemText } from "./PersonForm";
import { type Place, refusedFields, type User, useAddPlace, useChangePlace } from "./people";

/** Where people work: names, and whether customers may be called from there. */
export function Departments({ users, places }: { users: User[]; places: Place[] }) {
  const { t } = useTranslation();
  return (
    <section className={styles.card} aria-labelledby="departments-title" data-testid="departments">
      <h2 id="departments-title">{t("people.departments.title")}</h2>
      {places.length === 0 ? (
        <Empty
          part
          icon={Building2}
          title={t("empty.title.departments")}
          words={t("people.departments.none")}
          testid="departments-none"
        >
          <GoDown to="[data-testid=new-department]">{t("empty.go.department")}</GoDown>
        </Empty>
      ) : null}
      <ul className={styles.rows}>
        {places.map((place) => (
          <DepartmentRow
            key={place.id}
            place={place}
            people={
              users.filter(({ departments }) => departments.some((each) => each.department_id === place.id)).length
            }
          />
        ))}
      </ul>
      <NewDepartment />
    </section>
  );
}

function DepartmentRow({ place, people }: { place: Place; people: number }) {
  const { t } = useTranslation();
  const [name, setName] = useState(place.name);
  const change = useChangePlace(place.id);
  const renamed = name !== place.name;
  return (
    <li className={styles.department} data-testid="department" data-name={place.name}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate({ name, outbound_enabled: place.outbound_enabled }, { onSuccess: (now) => setName(now.name) });
        }}
      >
        <TextInput
          className={styles.grow}
          aria-label={t("people.departments.name")}
          value={name}
          error={nameTrouble(t, change.error)}
          onChange={(event) => setName(event.currentTarget.value)}
          data-testid="department-name"
        />
        {renamed ? (
          <Button type="submit" size="sm" loading={change.isPending} data-testid="department-rename">
            {t("people.departments.rename")}
          </Button>
        ) : null}
      </form>
      <Switch
        size="sm"
        label={t("people.departments.outbound")}
        checked={place.outbound_enabled}
        disabled={change.isPending}
        onChange={(event) => change.mutate({ name: place.name, outbound_enabled: event.currentTarget.checked })}
        data-testid="department-outbound"
      />
      <small>{t("people.departments.people", { count: people })}</small>
    </li>
  );
}

function NewDepartment() {
  const { t } = useTranslation();
  const [name, setName] = useState("");
  const adding = useAddPlace();
  function add(event: FormEvent): void {
    event.preventDefault();
    adding.mutate(name, { onSuccess: () => setName("") });
  }
  return (
    <form className={styles.newDepartment} onSubmit={add}>
      <TextInput
        className={styles.grow}
        label={t("people.departments.name")}
        value={name}
        error={nameTrouble(t, adding.error)}
        autoComplete="off"
        onChange={(event) => setName(event.currentTarget.value)}
        data-testid="new-department"
      />
      <Button
        type="submit"
        size="sm"
        variant="default"
        disabled={name.trim() === ""}
        loading={adding.isPending}
        data-testid="department-add"
      >
        {t("people.departments.add")}
      </Button>
    </form>
  );
}

function nameTrouble(t: TFunction, error: Error | null): string | undefined {
  const refused = refusedFields(error);
  if (refused.name !== undefined) return problemText(t, refused.name);
  return refused[""] === undefined ? undefined : t("admin.saveFailed");
}
