import { Archive, CalendarClock } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { Loading } from "../admin/NumberPage";
import { useDepartments, useNumbers } from "../admin/office";
import { useNow_s } from "../desk/useNow";
import { Empty, Go } from "../shell/Empty";
import system from "../system/System.module.css";
import { SystemPage } from "../system/SystemPage";
import { dueText } from "./due";
import { Erasing } from "./Erasing";
import styles from "./Retention.module.css";
import { COUNTS, type Scheduled, type Shelf, useSchedule, useShelves } from "./retention";

/** What is kept of calls, by number and department, and what goes when. */
export function RetentionPage() {
  return (
    <SystemPage page="retention">
      <Shelves />
      <Next />
    </SystemPage>
  );
}

function Shelves() {
  const { t } = useTranslation();
  const found = useShelves();
  const nameOf = useNames();
  return (
    <section className={system.card} aria-labelledby="shelves-title">
      <h2 id="shelves-title">{t("retention.shelves")}</h2>
      <p className={system.intro}>{t("retention.policy")}</p>
      {found.data === undefined ? <Loading query={found} /> : null}
      {found.data?.length === 0 ? (
        <Empty
          part
          icon={Archive}
          title={t("empty.title.shelves")}
          words={t("retention.nothing")}
          testid="shelves-none"
        >
          <Go to="/numbers/new">{t("empty.go.addNumber")}</Go>
        </Empty>
      ) : null}
      {found.data === undefined || found.data.length === 0 ? null : (
        <table className={`${system.table} ${styles.shelves}`}>
          <thead>
            <tr>
              <th scope="col">{t("retention.columns.place")}</th>
              <th scope="col">{t("retention.columns.thing")}</th>
              {COUNTS.map((count) => (
                <th key={count} scope="col" className={styles.count}>
                  {t(`retention.columns.${count}`)}
                </th>
              ))}
            </tr>
          </thead>
          {found.data.map((shelf) => (
            <tbody key={`${shelf.number_id} ${shelf.department_id}`}>
              <ShelfRow shelf={shelf} things="recordings" name={nameOf(shelf)} />
              <ShelfRow shelf={shelf} things="messages" name={null} />
            </tbody>
          ))}
        </table>
      )}
    </section>
  );
}

interface ShelfRowProps {
  shelf: Shelf;
  things: "recordings" | "messages";
  /** null: that of the row before. */
  name: string | null;
}

function ShelfRow({ shelf, things, name }: ShelfRowProps) {
  const { t } = useTranslation();
  const words = (days: number | null) => (days === null ? t("retention.forEver") : t("retention.days", { n: days }));
  const [inbound, outbound] = [words(shelf.inbound_days), words(shelf.outbound_days)];
  const both = inbound === outbound || things === "messages"; // who leaves a message has called
  return (
    <tr data-testid="shelf" data-things={things}>
      {name === null ? null : (
        <th scope="rowgroup" rowSpan={2}>
          <Link
            className={system.link}
            to={`/numbers/${shelf.number_id}/recording`}
            aria-label={t("retention.change", { name })}
          >
            {name}
          </Link>
        </th>
      )}
      <td className={styles.thing}>
        {t(`retention.many.${things}`)}
        <small>{t("retention.kept", { days: both ? inbound : t("retention.bothDays", { inbound, outbound }) })}</small>
      </td>
      {COUNTS.map((count) => (
        <td
          key={count}
          className={`${system.number} ${styles.count}`}
          data-label={t(`retention.columns.${count}`)}
          data-zero={shelf[things][count] === 0}
        >
          {shelf[things][count]}
        </td>
      ))}
    </tr>
  );
}

function Next() {
  const { t } = useTranslation();
  const found = useSchedule();
  const nameOf = useNames();
  return (
    <section className={system.card} aria-labelledby="next-title">
      <h2 id="next-title">{t("retention.next")}</h2>
      <p className={system.intro}>{t("retention.nextHint")}</p>
      {found.data === undefined ? <Loading query={found} /> : null}
      {found.data?.lines.length === 0 ? (
        <Empty
          part
          icon={CalendarClock}
          title={t("empty.title.schedule")}
          words={t("retention.nextNone")}
          testid="schedule-none"
        >
          <Go to="/numbers">{t("empty.go.policies")}</Go>
        </Empty>
      ) : null}
      <ul className={system.rows}>
        {found.data?.lines.map((line) => (
          <Line key={`${line.thing} ${line.call_id}`} line={line} name={nameOf(line)} />
        ))}
      </ul>
      {found.data?.more ? <p>{t("retention.more", { n: found.data.lines.length })}</p> : null}
    </section>
  );
}

function Line({ line, name }: { line: Scheduled; name: string }) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  const held = line.with_recording ? t("retention.heldWithRecording") : t("retention.held");
  return (
    <li data-testid="scheduled" data-thing={line.thing} data-held={line.legal_hold}>
      <div className={system.row}>
        <div className={system.what}>
          <strong>{`${t(`retention.things.${line.thing}`)} · ${name}`}</strong>
          <p data-testid="scheduled-when">{dueText(t, line.due_at, now_s, i18n.language)}</p>
          {line.legal_hold ? (
            <span className={system.state} data-tone="warn">
              {held}
            </span>
          ) : null}
          <Link className={system.link} to={`/history?call=${line.call_id}`}>
            {t("retention.call")}
          </Link>
        </div>
        {line.thing === "meta" ? null : (
          <Erasing thing={line.thing} call={line.call_id} held={line.legal_hold} fixed={line.with_recording} />
        )}
      </div>
    </li>
  );
}

/** `Vendas · Atendimento`; while names are away, by number. */
function useNames(): (place: { number_id: number; department_id: number | null }) => string {
  const { t } = useTranslation();
  const numbers = useNumbers().data ?? [];
  const departments = useDepartments().data ?? [];
  return ({ number_id, department_id }) => {
    const number = numbers.find(({ id }) => id === number_id)?.label ?? String(number_id);
    if (department_id === null) return `${number} · ${t("retention.noDepartment")}`;
    return `${number} · ${departments.find(({ id }) => id === department_id)?.name ?? department_id}`;
  };
}
