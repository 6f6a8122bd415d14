import { Button } from "@mantine/core";
import { MailCheck, MailWarning, Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import admin from "../admin/Admin.module.css";
import { Loading } from "../admin/NumberPage";
import { useNow_s } from "../desk/useNow";
import { moment } from "../i18n/format";
import { useSession } from "../session/session";
import { Empty } from "../shell/Empty";
import { DeedTrouble } from "./ChooseSome";
import { troubleText } from "./deeds";
import { ReportForm } from "./ReportForm";
import {
  clockOf,
  errorText,
  type Report,
  type Reports,
  type Send,
  stoppedText,
  useHoldReport,
  useRemoveReport,
  useReports,
  useSendAgain,
  useSendNow,
} from "./reports";
import { Sure } from "./Sure";
import styles from "./System.module.css";
import { SystemPage } from "./SystemPage";

const TONE = { waiting: "warn", sending: "warn", sent: "ok", failed: "bad", unsure: "bad" } as const;

/** Measures by e-mail: when, to whom, and what became of them. */
export function ReportsPage() {
  return (
    <SystemPage page="reports">
      <MailedReports />
    </SystemPage>
  );
}

/** Those that whoever looks may see: administrators all, supervisors their own. */
export function MailedReports() {
  const found = useReports();
  return found.data === undefined ? <Loading query={found} /> : <List {...found.data} />;
}

function List({ reports, mail }: Reports) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<number | "new" | null>(null);
  const [saved, setSaved] = useState(false);
  const close = (now: boolean): void => {
    setOpen(null);
    setSaved(now);
  };
  const empty = reports.length === 0 && open === null;
  const begin = (
    <Button
      size="sm"
      leftSection={<Plus size={16} aria-hidden="true" />}
      disabled={open === "new"}
      onClick={() => setOpen("new")}
      data-testid="report-add"
    >
      {t("reports.add")}
    </Button>
  );
  return (
    <section className={styles.card} aria-label={t("system.reports.title")}>
      {mail ? null : (
        <div className={admin.notice} data-tone="warn" role="status" data-testid="no-mail">
          <MailWarning size={18} aria-hidden="true" />
          <span>{t("reports.noMail")}</span>
        </div>
      )}
      <div className={styles.head}>
        <p role="status" className={styles.done} data-testid="report-saved">
          {saved && open === null ? t("reports.saved") : null}
        </p>
        {empty ? null : begin}
      </div>
      {open === "new" ? <ReportForm report={null} onClose={close} /> : null}
      {empty ? (
        <Empty part icon={MailCheck} title={t("empty.title.reports")} words={t("reports.none")} testid="reports-none">
          {begin}
        </Empty>
      ) : null}
      <ul className={styles.rows}>
        {reports.map((report) => (
          <li key={report.id} data-testid="report">
            {open === report.id ? (
              <ReportForm report={report} onClose={close} />
            ) : (
              <Row report={report} mail={mail} onOpen={() => setOpen(report.id)} />
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Row({ report, mail, onOpen }: { report: Report; mail: boolean; onOpen: () => void }) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  const [asking, setAsking] = useState(false);
  const removing = useRemoveReport(report.id);
  const sending = useSendNow(report.id);
  const holding = useHoldReport(report);
  const seesAll = useSession().data?.me.role === "administrator";
  const { name, recipients } = report;
  const last = report.sends.find(({ state }) => state === "sent");
  const when = (at: string): string => moment(Date.parse(at) / 1000, now_s, i18n.language);
  const about = [
    `${t(`reports.everies.${report.every}`)} ${clockOf(report.minute)} (${report.zone})`,
    report.held ? t("reports.held") : t("reports.next", { when: when(report.next_at) }),
    last?.ended_at ? t("reports.sentAt", { when: when(last.ended_at) }) : t("reports.never"),
  ];
  return (
    <>
      <div className={styles.row}>
        <div className={styles.what}>
          <strong>{name}</strong>
          <p data-testid="report-about">{about.join(" · ")}</p>
          <p>{t("reports.toMany", { who: recipients.join(", ") })}</p>
          {seesAll ? (
            <p data-testid="report-maker">
              {report.made_by === null ? t("reports.ofOffice") : t("reports.ofMaker", { name: report.made_by })}
            </p>
          ) : null}
          {report.stopped === null ? null : (
            <span className={styles.state} data-tone="bad" role="status" data-testid="report-stopped">
              {t("reports.stoppedNow", { why: stoppedText(t, report.stopped) })}
            </span>
          )}
        </div>
        <div className={styles.buttons}>
          <Button
            size="xs"
            variant="default"
            aria-label={t("reports.nowOf", { name })}
            disabled={!mail || report.stopped !== null}
            loading={sending.isPending}
            onClick={() => sending.mutate()}
            data-testid="report-now"
          >
            {t("reports.now")}
          </Button>
          <Button
            size="xs"
            variant="default"
            aria-label={t(report.held ? "reports.goOnOf" : "reports.holdOf", { name })}
            loading={holding.isPending}
            onClick={() => holding.mutate(!report.held)}
            data-testid="report-hold"
          >
            {t(report.held ? "reports.goOn" : "reports.hold")}
          </Button>
          <Button
            size="xs"
            variant="default"
            aria-label={t("reports.edit", { name })}
            onClick={onOpen}
            data-testid="report-edit"
          >
            {t("reports.change")}
          </Button>
          <Button
            size="xs"
            variant="default"
            aria-label={t("reports.removeOf", { name })}
            disabled={asking}
            onClick={() => setAsking(true)}
            data-testid="report-remove"
          >
            {t("reports.remove")}
          </Button>
        </div>
      </div>
      {asking ? (
        <Sure
          name={t("reports.removeOf", { name })}
          effect={t("reports.removeSure", { name, n: recipients.length })}
          yes={t("reports.removeYes")}
          pending={removing.isPending}
          onYes={() => removing.mutate()}
          onNo={() => setAsking(false)}
        />
      ) : null}
      <DeedTrouble words={removing.error === null ? null : troubleText(t, removing.error)} />
      <DeedTrouble words={sending.error === null ? null : troubleText(t, sending.error)} />
      <DeedTrouble words={holding.error === null ? null : troubleText(t, holding.error)} />
      {report.sends.length === 0 ? null : <Sends report={report} />}
    </>
  );
}

function Sends({ report }: { report: Report }) {
  const { t } = useTranslation();
  const again = useSendAgain(report.id);
  return (
    <div>
      <h3>{t("reports.log")}</h3>
      <table className={styles.table}>
        <tbody>
          {report.sends.map((send) => (
            <SendRow
              key={send.period}
              report={report}
              send={send}
              pending={again.isPending && again.variables === send.period}
              onAgain={() => again.mutate(send.period)}
            />
          ))}
        </tbody>
      </table>
      <DeedTrouble words={again.error === null ? null : troubleText(t, again.error)} />
    </div>
  );
}

interface SendRowProps {
  report: Report;
  send: Send;
  pending: boolean;
  onAgain: () => void;
}

function SendRow({ report, send, pending, onAgain }: SendRowProps) {
  const { t, i18n } = useTranslation();
  const day = new Intl.DateTimeFormat(i18n.language, { dateStyle: "short", timeZone: report.zone });
  const first = day.format(new Date(send.since));
  const last = day.format(new Date(Date.parse(send.until) - 1000));
  const days = first === last ? first : t("reports.of", { first, last });
  const open = send.state === "failed" || send.state === "unsure";
  return (
    <tr data-testid="send" data-state={send.state}>
      <td className={styles.number}>{send.period.startsWith("n") ? t("reports.asked", { period: days }) : days}</td>
      <td>
        <span className={styles.state} data-tone={TONE[send.state]}>
          {t(`reports.states.${send.state}`)}
        </span>
      </td>
      <td>
        {send.error === null ? null : errorText(t, send.error)}
        {send.refused === 0 ? null : t("reports.refused", { n: send.refused })}
        {send.attempts > 1 ? <small>{t("reports.attempts", { n: send.attempts })}</small> : null}
        {send.state === "unsure" ? <small>{t("reports.unsureHint")}</small> : null}
      </td>
      <td>
        {open ? (
          <Button
            size="compact-xs"
            variant="default"
            loading={pending}
            aria-label={t("reports.againOf", { name: report.name, first })}
            onClick={onAgain}
            data-testid="send-again"
          >
            {t("reports.again")}
          </Button>
        ) : null}
      </td>
    </tr>
  );
}
