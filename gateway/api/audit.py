"""`/api/v1/audit`: who did what when. For administrators, and for keys that see all numbers and departments: the lines
tell of all of them."""

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import AwareDatetime, Field

from gateway.api.door import ADMINISTRATORS, Access
from gateway.api.errors import ApiError
from gateway.api.operations import Answer, Asked, Digits, Nothing, Operation, Query
from signaling.integrator_contract import Moment
from store.api_keys import Scope
from store.audit_log import AuditFilter, SqlAuditLog
from store.reach import EVERYTHING

READS: Final = Access(Scope.AUDIT_READ, ADMINISTRATORS)
Word = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_.:-]+$")]


class AuditQuery(Query):
    actor: Annotated[Word | None, Field(description="`user:7`, `key:3` or `shell`.")] = None
    action: Annotated[Word | None, Field(description="Such as `user.added`.")] = None
    area: Annotated[Word | None, Field(description="What stands before the point: `user` of `user.added`.")] = None
    subject: Annotated[Word | None, Field(description="Of what: `user:7`, `number:1`, `call:<call_id>` …")] = None
    since: Annotated[AwareDatetime | None, Field(description="Inclusive.")] = None
    until: Annotated[AwareDatetime | None, Field(description="Not inclusive.")] = None
    limit: Annotated[Digits, Field(ge=1, le=200)] = 50
    before: Annotated[Digits | None, Field(ge=1, le=2**31 - 1, description="`next` of the page before.")] = None


class AuditLineTold(Answer):
    position: Annotated[int, Field(description="1, 2, 3 … without a gap.")]
    at: Moment
    actor: str
    actor_name: Annotated[str | None, Field(description="As they are called now.")]
    action: str
    subject: str
    subject_name: str | None
    data: Mapping[str, str | int | float | bool | None]


class AuditAnswer(Answer):
    """Newest first."""

    lines: list[AuditLineTold]
    next: str | None


class AuditRoutes:
    def __init__(self, log: SqlAuditLog) -> None:
        self._log = log

    def operations(self) -> list[Operation]:
        return [
            Operation(
                name="readAudit",
                method="GET",
                path="/audit",
                summary="Who did what when, the newest first.",
                access=READS,
                query=AuditQuery,
                answer=AuditAnswer,
                handler=self.page,
                tag="audit",
            )
        ]

    async def page(self, asked: Asked[Nothing, AuditQuery]) -> AuditAnswer:
        if asked.who.reach != EVERYTHING:
            raise ApiError(403, "held_to_a_part", "This key sees a part of the records; the audit tells of all.")
        query = asked.query
        wanted = AuditFilter(query.actor, query.action, query.area, query.subject, query.since, query.until)
        lines, following = await self._log.page(wanted, query.limit, query.before)
        told = [
            AuditLineTold(
                position=line.position,
                at=line.at,
                actor=line.actor,
                actor_name=line.actor_name,
                action=line.action,
                subject=line.subject,
                subject_name=line.subject_name,
                data=line.data,
            )
            for line in lines
        ]
        return AuditAnswer(lines=told, next=None if following is None else str(following))
