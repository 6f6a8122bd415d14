import { Button } from "@mantine/core";
import { ListChecks, RotateCw } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { Loading } from "../admin/NumberPage";
import { useNow_s } from "../desk/useNow";
import { moment } from "../i18n/format";
import { Empty, Go } from "../shell/Empty";
import { Trouble } from "../shell/Trouble";
import { DeedTrouble } from "../system/ChooseSome";
import { troubleText } from "../system/deeds";
import styles from "../system/System.module.css";
import { SystemPage } from "../system/SystemPage";
import { callOf, type Job, type JobState, kindOf, reasonOf, STATES, useJobs, useRetry } from "./jobs";

const TONE = { waiting: "warn", running: "ok", failed: "bad" } as const;

/** What the gateway does besides calls: what waits, runs and failed, and having it tried again. */
export function JobsPage() {
  return (
    <SystemPage page="jobs">
      <AllOfThem />
    </SystemPage>
  );
}

function AllOfThem() {
  const { t } = useTranslation();
  const [state, setState] = useState<JobState | null>(null);
  const found = useJobs(state);
  if (found.data === undefined) return <Loading query={found} />;
  const jobs = found.data.pages.flatMap((page) => page.jobs);
  const counts = found.data.pages[0]?.counts ?? { waiting: 0, running: 0, failed: 0 };
  const all = counts.waiting + counts.running + counts.failed;
  return (
    <section className={styles.card} aria-label={t("system.jobs.title")} aria-busy={found.isPlaceholderData}>
      {found.isError ? <Trouble words={t("jobs.old")} retry={found.refetch} testid="jobs-trouble" /> : null}
      {/* biome-ignore lint/a11y/useSemanticElements: buttons that belong together, in no form */}
      <div className={styles.buttons} role="group" aria-label={t("jobs.show")}>
        {([null, ...STATES] as const).map((one) => (
          <Button
            key={one ?? "all"}
            size="xs"
            variant={one === state ? "light" : "default"}
            aria-pressed={one === state}
            onClick={() => setState(one)}
            data-testid={`jobs-${one ?? "all"}`}
          >
            {`${t(`jobs.${one ?? "all"}`)} · ${one === null ? all : counts[one]}`}
          </Button>
        ))}
      </div>
      {jobs.length === 0 && state === null ? (
        <Empty part icon={ListChecks} title={t("empty.title.jobs")} words={t("jobs.none")} testid="jobs-none">
          <Go to="/history">{t("empty.go.history")}</Go>
        </Empty>
      ) : null}
      {jobs.length === 0 && state !== null ? (
        <div className={styles.none} data-testid="jobs-none">
          <ListChecks size={30} strokeWidth={1.5} aria-hidden="true" />
          <p>{t("jobs.noneOf")}</p>
        </div>
      ) : null}
      <ul className={styles.rows}>
        {jobs.map((job) => (
          <Row key={job.id} job={job} />
        ))}
      </ul>
      {found.hasNextPage ? (
        <Button
          size="sm"
          variant="default"
          loading={found.isFetchingNextPage}
          onClick={() => void found.fetchNextPage()}
          data-testid="jobs-more"
        >
          {t("jobs.more")}
        </Button>
      ) : null}
    </section>
  );
}

function Row({ job }: { job: Job }) {
  const { t, i18n } = useTranslation();
  const now_s = useNow_s();
  const retrying = useRetry(job.id);
  const when = (at: string): string => moment(Date.parse(at) / 1000, now_s, i18n.language);
  const what = t(`jobs.kinds.${kindOf(job)}`, { kind: job.kind });
  const call = callOf(job);
  const about = [t("jobs.since", { when: when(job.created_at) })];
  if (job.attempts > 0) about.push(t("jobs.attempts", { count: job.attempts }));
  if (job.state === "waiting") {
    const later = Date.parse(job.next_at) / 1000 > now_s;
    about.push(later ? t("jobs.next", { when: when(job.next_at) }) : t("jobs.due"));
  }
  if (job.progress !== null) {
    const percent = new Intl.NumberFormat(i18n.language, { style: "percent" }).format(job.progress);
    about.push(t("jobs.progress", { percent }));
  }
  return (
    <li data-testid="job" data-kind={job.kind} data-state={job.state}>
      <div className={styles.row}>
        <div className={styles.what}>
          <strong>{what}</strong>
          <p data-testid="job-about">{about.join(" · ")}</p>
          {job.last_error === null ? null : (
            <p data-testid="job-reason">
              {t("jobs.because", { reason: t(`jobs.reasons.${reasonOf(job.last_error)}`, { code: job.last_error }) })}
            </p>
          )}
          {job.state === "failed" ? <p>{t("jobs.givenUp")}</p> : null}
          <span className={styles.state} data-tone={TONE[job.state]}>
            {t(`jobs.${job.state}`)}
          </span>{" "}
          {call === null ? null : (
            <Link className={styles.link} to={`/history?call=${call}`}>
              {t("jobs.call")}
            </Link>
          )}
        </div>
        {job.state === "running" ? null : (
          <div className={styles.buttons}>
            <Button
              size="xs"
              variant="default"
              leftSection={<RotateCw size={14} aria-hidden="true" />}
              aria-label={t("jobs.retryOf", { what })}
              loading={retrying.isPending}
              onClick={() => retrying.mutate()}
              data-testid="job-retry"
            >
              {t("jobs.retry")}
            </Button>
          </div>
        )}
      </div>
      <p role="status" className={styles.done}>
        {retrying.isSuccess && job.state !== "failed" ? t("jobs.retried") : null}
      </p>
      <DeedTrouble words={retrying.error === null ? null : troubleText(t, retrying.error)} />
    </li>
  );
}
