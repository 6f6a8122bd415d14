"""From asking customers for permission to calling them: how many were asked, answered, were called, and picked up; and
what became of permissions besides. By number, department, agent, day or hour. Only reads.

By agent it is of whoever asked: `7` a user, `key:3` an API key, `system` the gateway by itself, None nobody (what came
and went unasked) or not known (2026-11-26 and before). A permission belongs to a number, and is seen by who sees all of
its calls: supervisors of its department and of departments that it names as operators, and those it names themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from sqlalchemy import ColumnElement, String, and_, case, cast, exists, func, literal_column, null, or_, select
from sqlmodel import Session

from signaling.events import Direction
from signaling.permission_events import AskedBy, Source
from store.database import Database
from store.history_filter import HistoryFilter
from store.integration_models import ApiKeyRow
from store.measure_groups import ALL_CALLS, By, Group, MeasuredSpan, added, in_order, time_of, together
from store.models import DepartmentRow, MembershipRow, NumberRow, PermissionEventRow, UserRow, table_of

_EVENTS: Final = table_of(PermissionEventRow)
_NUMBERS, _DEPARTMENTS, _MEMBERSHIPS = (table_of(row).c for row in (NumberRow, DepartmentRow, MembershipRow))

_KEYS, _USERS = (table_of(row).c for row in (ApiKeyRow, UserRow))


@dataclass(frozen=True, slots=True)
class Funnel:
    """Of requests that were sent in the while, whatever came of them until now: `delivered`; `failed`: Meta could not
    show them; `temporary`, `permanent`: granted; `refused`; `called`: the customer was called after granting, and
    `reached`: picked up. What is none of failed, granted or refused has no answer, or none in time.

    Besides, in the while: `unasked`: permissions that came without a request, such as after a customer's call;
    `revoked`: taken back by the customer; `lapsed`: taken back by WhatsApp, after calls that nobody answered."""

    asked: int = 0
    delivered: int = 0
    failed: int = 0
    temporary: int = 0
    permanent: int = 0
    refused: int = 0
    called: int = 0
    reached: int = 0
    unasked: int = 0
    revoked: int = 0
    lapsed: int = 0

    @property
    def unanswered(self) -> int:
        return max(0, self.asked - self.failed - self.temporary - self.permanent - self.refused)


@dataclass(frozen=True, slots=True)
class FunnelLine:
    key: str | None
    name: str | None
    funnel: Funnel


@dataclass(frozen=True)
class SqlFunnel:
    """May raise NeighbourError."""

    database: Database

    async def of(self, span: MeasuredSpan, by: By, sight: HistoryFilter = ALL_CALLS) -> list[FunnelLine]:
        """One line for each group in which anything happened. Of one agent: what came of their requests alone."""

        def work(session: Session) -> list[FunnelLine]:
            found: dict[str | None, Group] = {}
            besides = [] if span.agent is not None else _besides(session, span, by, sight)
            for rows in (_requests(session, span, by, sight), besides):
                for group in rows:
                    before = found.get(group.key)
                    sums = added(None if before is None else {**_NOTHING, **before.sums}, {**_NOTHING, **group.sums})
                    found[group.key] = Group(group.key, group.name, sums)
            return [FunnelLine(group.key, group.name, _funnel(group.sums)) for group in in_order(found.values())]

        return await self.database.read(work)


_NOTHING: Final = {field.name: 0 for field in fields(Funnel)}


def funnel_of_all(lines: list[FunnelLine]) -> Funnel:
    sums: dict[str, Any] = dict(_NOTHING)
    for line in lines:
        sums = {name: value + getattr(line.funnel, name) for name, value in sums.items()}
    return _funnel(sums)


def _funnel(sums: Mapping[str, Any]) -> Funnel:
    return Funnel(**{name: int(value) for name, value in sums.items()})


def _in_passing(kind: Any) -> Any:
    """Looked at among the few events of a customer. SQLite, whose planner knows no sizes, would go through all events
    of a kind; so it would through all of a number, hence `number_id + 0` of a pair."""
    return kind.concat("")


def _requests(session: Session, span: MeasuredSpan, by: By, sight: HistoryFilter) -> list[Group]:
    asking, answering, following = _EVENTS.alias("sent"), _EVENTS.alias("answer"), _EVENTS.alias("after")
    sent, answer, after = asking.c, answering.c, following.c
    of_pair = and_(answer.contact_id == sent.contact_id, answer.number_id + 0 == sent.number_id)
    answers = and_(of_pair, answer.data["request"].as_string() == sent.reference)
    grants = and_(answers, _in_passing(answer.kind) == "Granted")
    refusals = exists().where(answers, _in_passing(answer.kind) == "Refusal").correlate(asking)

    def became(kind: str) -> ColumnElement[bool]:
        same = and_(after.number_id == sent.number_id, after.reference == sent.reference, after.kind == kind)
        return exists().where(same).correlate(asking)

    def of_grants(value: Any) -> Any:
        return select(value).where(grants).correlate(asking).scalar_subquery()

    requests = (
        select(
            *(sent.number_id, sent.contact_id, sent.at, sent.asked_by, sent.asker_id),
            case((became("RequestDelivered"), 1), else_=0).label("delivered"),
            case((became("RequestFailed"), 1), else_=0).label("failed"),
            of_grants(func.min(answer.at)).label("granted_at"),
            of_grants(func.max(case((answer.data["permanent"].as_boolean(), 1), else_=0))).label("permanent"),
            case((refusals, 1), else_=0).label("refused"),
        )
        .where(sent.kind == "Asked", sent.at >= span.since, sent.at < span.until, *_asked_by(span, sent))
        .offset(0)  # computed once: planners would put each of these questions wherever its answer is used
        .subquery("requests")
    )
    asked = requests.c
    call = _EVENTS.alias("call").c
    of_pair = and_(call.contact_id == asked.contact_id, call.number_id + 0 == asked.number_id)
    later = and_(of_pair, call.at >= asked.granted_at)
    direction = call.data["direction"].as_string()
    outbound = and_(_in_passing(call.kind) == "CallConnected", direction == Direction.OUTBOUND.value)

    def followed(condition: Any) -> ColumnElement[bool]:
        return and_(asked.granted_at.is_not(None), exists().where(later, condition).correlate(requests))

    has_answer = asked.granted_at.is_not(None)
    steps = {
        "asked": True,
        "delivered": or_(asked.delivered == 1, has_answer, asked.refused == 1),  # an answer was an answer to something
        "failed": and_(asked.failed == 1, ~has_answer, asked.refused == 0),
        "temporary": and_(has_answer, asked.permanent == 0),
        "permanent": and_(has_answer, asked.permanent == 1),
        "refused": and_(asked.refused == 1, ~has_answer),
        "called": followed(or_(outbound, _in_passing(call.kind) == "CallUnanswered")),
        "reached": followed(outbound),
    }
    return _grouped(session, requests, steps, span, by, sight)


def _besides(session: Session, span: MeasuredSpan, by: By, sight: HistoryFilter) -> list[Group]:
    event = _EVENTS.c
    source, unasked = event.data["source"].as_string(), event.data["request"].as_string().is_(None)
    rows = (
        select(*(event.number_id, event.at, event.kind, event.asked_by, event.asker_id), source.label("source"))
        .where(event.kind.in_(("Granted", "Refusal")), event.at >= span.since, event.at < span.until, unasked)
        .subquery("besides")
    )
    automatic = rows.c.source == Source.AUTOMATIC.value
    steps = {
        "unasked": rows.c.kind == "Granted",
        "revoked": and_(rows.c.kind == "Refusal", ~automatic),
        "lapsed": and_(rows.c.kind == "Refusal", automatic),
    }
    return _grouped(session, rows, steps, span, by, sight)


def _grouped(
    session: Session, rows: Any, steps: Mapping[str, Any], span: MeasuredSpan, by: By, sight: HistoryFilter
) -> list[Group]:
    key, name, joined = _key(rows, span, by)
    counts = [func.sum(case((condition, 1), else_=0)).label(step) for step, condition in steps.items()]
    query = (
        select(key, name, *counts)
        .select_from(rows)
        .join(table_of(NumberRow), _NUMBERS.id == rows.c.number_id)
        .outerjoin(table_of(DepartmentRow), _DEPARTMENTS.id == _NUMBERS.department_id)
    )
    for other, condition in joined:
        query = query.outerjoin(other, condition)
    query = query.where(*_visible(span, sight)).group_by(key, *([] if by in (By.DAY, By.HOUR) else [name]))
    found = [
        Group(None if row[0] is None else str(row[0]), row[1], dict(zip(steps, row[2:], strict=True)))
        for row in session.execute(query)
    ]
    return together(found, by, span)


def _key(rows: Any, span: MeasuredSpan, by: By) -> tuple[Any, Any, list[tuple[Any, Any]]]:
    """What is grouped by, its name, and the tables besides that know it."""
    match by:
        case By.NUMBER:
            return rows.c.number_id, _NUMBERS.label, []
        case By.DEPARTMENT:
            return _NUMBERS.department_id, _DEPARTMENTS.name, []
        case By.DAY | By.HOUR:
            return time_of(by, rows.c.at, span), null(), []
        case By.AGENT:
            asked_by, asker = rows.c.asked_by, rows.c.asker_id
            of_agent, of_key = asked_by == _word(AskedBy.AGENT), asked_by == _word(AskedBy.KEY)
            of_whom = cast(asker, String)
            key = case(
                (of_agent, of_whom), (of_key, literal_column("'key:'").concat(of_whom)), else_=cast(asked_by, String)
            )
            joined = [
                (table_of(UserRow), and_(of_agent, _USERS.id == asker)),
                (table_of(ApiKeyRow), and_(of_key, _KEYS.id == asker)),
            ]
            return key, func.coalesce(_USERS.name, _KEYS.name), joined


def _asked_by(span: MeasuredSpan, sent: Any) -> list[Any]:
    if span.agent is None:
        return []
    return [sent.asked_by == AskedBy.AGENT, sent.asker_id == span.agent]


def _word(who: AskedBy) -> Any:
    """Into the statement itself: PostgreSQL must see that what is selected is what is grouped by."""
    return literal_column(f"'{who.value}'", String())


def _visible(span: MeasuredSpan, sight: HistoryFilter) -> list[Any]:
    """Numbers, by what of their calls is seen: an agent's own calls show nothing of the permissions of others."""
    number, department = _NUMBERS.id, _NUMBERS.department_id
    found: list[Any] = []
    if span.number is not None:
        found.append(number == span.number)
    if span.department is not None:
        found.append(department == span.department)
    if sight.visible_numbers is not None:
        found.append(number.in_(sight.visible_numbers))
    if sight.visible_in is not None:
        own = select(_MEMBERSHIPS.department_id).where(_MEMBERSHIPS.user_id == sight.visible_member)
        named = number.in_(sight.visible_of)  # its operators, and those of their departments
        found.append(or_(department.in_(sight.visible_in), department.in_(own), named))
    return found
