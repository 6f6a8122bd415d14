"""What is kept of a call that is over for reports (`store.figure_models`), in the save that ends it; and how long an
agent wrapped up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlmodel import Session, select

from signaling.call import Call, Outcome
from signaling.ids import AgentId
from signaling.presence import WrappedUp
from signaling.pulses import billed_s_of, pulses_of
from signaling.work import MOST_MS, holds_of, talks_of, with_agent_since
from store.database import Database
from store.destinations import UNKNOWN, destination_of
from store.figure_models import AgentWorkRow, CallChargeRow, CallQualityRow
from store.models import CallRow, ContactRow

SIDES: Final = {"customer": ("customer_to_us", "us_to_customer"), "agent": ("agent_to_us", "us_to_agent")}


def follow_figures(session: Session, row: CallRow, call: Call, contact: ContactRow | None) -> None:
    """`row` is in the session and holds what `call` says, which is over. Doing it again changes nothing."""
    if row.received_at is None:
        return
    for agent, held in holds_of(call.timeline, call.ended_at, call.agent).items():
        work = _work_of(session, row, agent)
        work.holds, work.held_ms = held.times, held.ms
    if call.outcome is Outcome.ANSWERED:
        since = with_agent_since(call.direction, call.accepted_at, call.answered_at)
        for agent, talk_ms in talks_of(call.timeline, since, call.ended_at, call.agent).items():
            work = _work_of(session, row, agent)
            work.talk_ms, work.handed_on = talk_ms, None if agent == call.agent else row.id
    measured = next((entry.data for entry in reversed(call.timeline) if entry.kind == "measured"), None)
    if measured is not None:
        about = {**_place(row), "agent_id": row.agent_id, "direction": row.direction}
        session.merge(CallQualityRow(call_id=row.call_id, **about, **quality_of(measured)))
    duration_s = billed_s_of(call)
    if duration_s is not None:
        charge = session.get(CallChargeRow, row.call_id)
        destination = UNKNOWN if contact is None else destination_of(contact.phone, contact.bsuid)
        if destination == UNKNOWN and charge is not None:
            destination = charge.destination  # they were forgotten meanwhile
        session.merge(
            CallChargeRow(
                call_id=row.call_id,
                **_place(row),
                agent_id=row.agent_id,
                destination=destination,
                duration_s=round(duration_s),
                pulses=pulses_of(duration_s),
            )
        )


def quality_of(measured: Mapping[str, Any]) -> dict[str, Any]:
    """Of both ways of each side the worse, by the names of `gateway.sound_meter.SoundMeter.figures`."""
    found: dict[str, Any] = {}
    for side, ways in SIDES.items():
        for figure, worse in (("mos", min), ("loss_percent", max), ("jitter_ms", max)):
            known = [float(measured[name]) for way in ways if (name := f"{way}_{figure}") in measured]
            if known:
                found[f"{side}_{figure}"] = worse(known)
        if (trip := measured.get(f"{side}_round_trip_ms")) is not None:
            found[f"{side}_round_trip_ms"] = float(trip)
    return found


@dataclass(frozen=True)
class SqlAgentWork:
    """May raise NeighbourError."""

    database: Database

    async def wrapped_up(self, wrapped: WrappedUp) -> None:
        """Once for each call and agent: what was noted first stays. Of a call that is not stored, nothing."""

        def work(session: Session) -> None:
            row = session.exec(select(CallRow).where(CallRow.call_id == wrapped.call)).one_or_none()
            if row is None or row.received_at is None:
                return
            noted = _work_of(session, row, wrapped.agent)
            if noted.wrap_up_ms is None:
                noted.wrap_up_ms = min(MOST_MS, max(0, round((wrapped.until - wrapped.since).total_seconds() * 1_000)))

        await self.database.run(work, races=True)


def _work_of(session: Session, row: CallRow, agent: AgentId) -> AgentWorkRow:
    found = session.get(AgentWorkRow, (row.call_id, agent))
    if found is None:
        found = AgentWorkRow(call_id=row.call_id, agent_id=agent, direction=row.direction, **_place(row))
        session.add(found)
    return found


def _place(row: CallRow) -> dict[str, Any]:
    return {"number_id": row.number_id, "department_id": row.department_id, "received_at": row.received_at}
