"""`/api/v1/jobs`: work that is done besides calls, how far it is, and what keeps it from being done."""

from collections.abc import Callable
from typing import Annotated, Final, Literal

from pydantic import Field

from gateway.api.door import ADMINISTRATORS, LEADERS, Access
from gateway.api.errors import not_found
from gateway.api.operations import Answer, Asked, Digits, Nothing, Operation, Query
from signaling.integrator_contract import Moment
from signaling.ports import Clock
from store.audit import Entry, SqlAudit
from store.job_models import JobState
from store.jobs import PAGE_LIMIT, Job, SqlJobs

READS: Final = Access(roles=LEADERS)
CHANGES: Final = Access(roles=ADMINISTRATORS)
OPEN: Final = (JobState.WAITING, JobState.RUNNING, JobState.FAILED)


class JobLine(Answer):
    id: int
    kind: str
    subject: Annotated[str, Field(description="What it works on: of a recording the call's id.")]
    state: JobState
    step: str | None
    progress: Annotated[float | None, Field(description="0 to 1, of this step.")]
    attempts: int
    last_error: Annotated[str | None, Field(description="A word: why the last attempt failed.")]
    created_at: Moment
    next_at: Annotated[Moment, Field(description="It is not tried before this.")]


class JobCounts(Answer):
    waiting: int
    running: int
    failed: int


class JobList(Answer):
    """What waits, is being done, or was given up; the newest first. `more`: there are others, after `next`."""

    jobs: list[JobLine]
    more: bool
    next: Annotated[int | None, Field(description="`before` of the next page; null: this is the last.")]
    counts: Annotated[JobCounts, Field(description="Of all, whatever was asked for.")]


class JobsQuery(Query):
    state: Literal["waiting", "running", "failed"] | None = None
    before: Annotated[Digits | None, Field(ge=1, le=2**31 - 1)] = None
    limit: Annotated[Digits, Field(ge=1, le=PAGE_LIMIT)] = PAGE_LIMIT


class JobRoutes:
    def __init__(self, jobs: SqlJobs, audit: SqlAudit, wake: Callable[[], None], clock: Clock) -> None:
        self._jobs, self._audit, self._wake, self._clock = jobs, audit, wake, clock

    def operations(self) -> list[Operation]:
        return [
            Operation(
                name="listJobs",
                method="GET",
                path="/jobs",
                summary="Work besides calls that waits, is being done, or was given up.",
                access=READS,
                query=JobsQuery,
                answer=JobList,
                handler=self.all,
                tag="jobs",
            ),
            Operation(
                name="retryJob",
                method="POST",
                path="/jobs/{id}/retry",
                path_patterns={"id": "[1-9][0-9]{0,8}"},
                summary="Try it now, and as if for the first time. Audited.",
                access=CHANGES,
                answer=JobLine,
                handler=self.retry,
                errors={404: "There is no such job that waits or was given up."},
                tag="jobs",
            ),
        ]

    async def all(self, asked: Asked[Nothing, JobsQuery]) -> JobList:
        query = asked.query
        states = OPEN if query.state is None else (JobState(query.state),)
        jobs = await self._jobs.page(states, query.limit + 1, query.before)
        shown, more = jobs[: query.limit], len(jobs) > query.limit
        counts = {state.value: count for state, count in (await self._jobs.counts(OPEN)).items()}
        return JobList(
            jobs=[_line(job) for job in shown],
            more=more,
            next=shown[-1].id if more else None,
            counts=JobCounts(**counts),
        )

    async def retry(self, asked: Asked[Nothing, Nothing]) -> JobLine:
        job = await self._jobs.retry(int(asked.path["id"]), self._clock())
        if job is None:
            raise not_found()
        about = {"kind": job.kind, "about": job.subject}
        await self._audit.append(Entry(self._clock(), asked.who.actor, "job.retried", f"job:{job.id}", about))
        self._wake()
        return _line(job)


def _line(job: Job) -> JobLine:
    return JobLine(
        id=job.id,
        kind=job.kind,
        subject=job.subject,
        state=job.state,
        step=job.step,
        progress=job.progress,
        attempts=job.attempts,
        last_error=job.last_error,
        created_at=job.created_at,
        next_at=job.next_at,
    )
