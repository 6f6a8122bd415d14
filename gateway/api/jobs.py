"""`/api/v1/jobs`: work that is done besides calls, how far it is, and what keeps it from being done."""

from collections.abc import Callable
from typing import Annotated, Final

from pydantic import Field

from gateway.api.door import ADMINISTRATORS, LEADERS, Access
from gateway.api.errors import not_found
from gateway.api.operations import Answer, Asked, Nothing, Operation
from signaling.integrator_contract import Moment
from signaling.ports import Clock
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


class JobList(Answer):
    """What waits, is being done, or was given up; the newest first. `more`: there are others."""

    jobs: list[JobLine]
    more: bool


class JobRoutes:
    def __init__(self, jobs: SqlJobs, wake: Callable[[], None], clock: Clock) -> None:
        self._jobs, self._wake, self._clock = jobs, wake, clock

    def operations(self) -> list[Operation]:
        return [
            Operation(
                name="listJobs",
                method="GET",
                path="/jobs",
                summary="Work besides calls that waits, is being done, or was given up.",
                access=READS,
                answer=JobList,
                handler=self.all,
                tag="jobs",
            ),
            Operation(
                name="retryJob",
                method="POST",
                path="/jobs/{id}/retry",
                path_patterns={"id": "[1-9][0-9]{0,8}"},
                summary="Try it now, and as if for the first time.",
                access=CHANGES,
                answer=JobLine,
                handler=self.retry,
                errors={404: "There is no such job that waits or was given up."},
                tag="jobs",
            ),
        ]

    async def all(self, asked: Asked[Nothing, Nothing]) -> JobList:
        jobs = await self._jobs.page(OPEN, PAGE_LIMIT + 1)
        return JobList(jobs=[_line(job) for job in jobs[:PAGE_LIMIT]], more=len(jobs) > PAGE_LIMIT)

    async def retry(self, asked: Asked[Nothing, Nothing]) -> JobLine:
        job = await self._jobs.retry(int(asked.path["id"]), self._clock())
        if job is None:
            raise not_found()
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
