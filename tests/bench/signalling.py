"""`python -m tests.bench.signalling`: what the desk and the store take by themselves, with 500 agents online.

One JSON object. No sockets and no audio: the time from a call's change until every message about it is written, and
until saves are on the disk of the temporary folder.
"""

import asyncio
import json
import logging
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import structlog

from signaling.agents.contract import AnswerCall, SetAvailability
from signaling.call import Call, Claim, State
from signaling.ids import NumberId
from signaling.plan import RingOrder
from signaling.ports import Agent
from signaling.presence import Availability
from store.calls import SqlCallStore
from store.database import Database
from store.deliveries import SqlDeliveryStore
from store.migrate import upgrade
from tests.scenarios.test_desk_shows import SALES, Office, agent, waiting_call
from tests.services.samples import NOW, build_town, call_in

AGENTS = 500
TURNS = 200


async def desk(free: int, order: RingOrder = RingOrder.ALL, *, operated: bool = False) -> dict[str, float]:
    """A call comes and is answered, with `free` agents for whom it rings, or whose turns come; the others talk.
    `operated`: its number names them, and each works with numbers that nobody else works with as well, so that no two
    have what they may take in common."""
    office = Office()
    team = [agent(number, SALES) for number in range(1, AGENTS + 1)]
    if operated:
        number = waiting_call(1).number
        team = [
            replace(who, operates=frozenset({number}), numbers=frozenset({number, NumberId(10_000 + who.id)}))
            for who in team
        ]
    for who in team:
        await office.sit_down(who)
    for who in team[free:]:
        place = office.desk._places.get(who.id)
        assert place is not None and place.facts.seat is not None
        claim = Claim(who.id, place.facts.seat, audible=True)
        office.move(replace(waiting_call(int(who.id)), state=State.TALKING, claim=claim))
    await office.rest()
    decisions, rings, takes = list[float](), list[float](), list[float]()
    for turn in range(TURNS):
        call = replace(waiting_call(10_000 + turn, order=order), has_operators=operated)
        began_s = time.perf_counter()
        office.move(call)
        if order is not RingOrder.ALL:
            office.desk._showing._look()  # there the decision is made whose turn it is
        decisions.append((time.perf_counter() - began_s) * 1e3)
        rings.append(await _shown_ms(office, began_s))
        began_s = time.perf_counter()
        taker = office.desk._showing._turns.agent_of(call.id) or team[0].id
        await office.desk.command(f"page-{taker}", "call.answer", AnswerCall(call_id=call.id))
        takes.append(await _shown_ms(office, began_s))
        office.move(replace(office.calls[call.id], state=State.ENDED, ended_at=NOW))
        await _shown_ms(office, began_s)
    await office.desk.stop()
    return {
        "decided_ms_p50": statistics.median(decisions),
        "decided_ms_worst": max(decisions),
        "ring_written_ms_p50": statistics.median(rings),
        "end_of_ring_written_ms_p50": statistics.median(takes),
    }


async def crowded() -> dict[str, float]:
    """One agent after another is free for a moment, while as many calls as there are agents wait one by one."""
    office = Office()
    team = [agent(number, SALES) for number in range(1, AGENTS + 1)]
    for who in team:
        await office.sit_down(who)
        await _choose(office, who, Availability.PAUSED)
    for number in range(AGENTS):
        office.move(waiting_call(number, order=RingOrder.LONGEST_IDLE))
    await office.rest()
    decisions = list[float]()
    for who in team[:TURNS]:
        began_s = time.perf_counter()
        await _choose(office, who, Availability.READY)
        office.desk._showing._look()
        decisions.append((time.perf_counter() - began_s) * 1e3)
        assert office.desk._showing._turns.call_of(who.id) is not None
        await _shown_ms(office, began_s)
    await office.desk.stop()
    return {"calls_waiting": AGENTS, "decided_ms_p50": statistics.median(decisions), "decided_ms_worst": max(decisions)}


async def _choose(office: Office, who: Agent, availability: Availability) -> None:
    await office.desk.command(f"page-{who.id}", "availability.set", SetAvailability(availability=availability))


async def _shown_ms(office: Office, began_s: float) -> float:
    """Since `began_s`, when every message about it is written."""
    written = False
    while not written:
        await asyncio.sleep(0)
        written = not office.desk._showing._touched
    return (time.perf_counter() - began_s) * 1e3


async def store(folder: Path) -> dict[str, float]:
    url = f"sqlite:///{folder / 'bench.db'}"
    await asyncio.to_thread(upgrade, url)
    database = Database(url)
    town = await build_town(database)
    calls, deliveries = SqlCallStore(database), SqlDeliveryStore(database)
    offered = [call_in(town, f"wacid.{number}").note(NOW, "offered") for number in range(TURNS)]
    made = [replace(call, state=State.PREPARING) for call in offered]
    later = [replace(call, state=State.RINGING, rung_at=NOW).note(NOW, "rung") for call in made]
    figures = {
        "first_save_ms": await _each(made, calls.save),
        "later_save_ms": await _each(later, calls.save),
        "keep_ms": await _each(made, lambda _: deliveries.keep(bytes(1_500), NOW)),
    }
    many = [replace(call, claims=1).note(NOW, "step") for call in later]
    cpu_s, began_s = time.process_time(), time.perf_counter()
    await asyncio.gather(*(calls.save(call) for call in many))
    figures["save_together_ms"] = (time.perf_counter() - began_s) * 1e3 / TURNS
    figures["save_together_cpu_ms"] = (time.process_time() - cpu_s) * 1e3 / TURNS
    await database.close()
    return figures


async def _each(calls: list[Call], work: Callable[[Call], Awaitable[object]]) -> float:
    took = list[float]()
    for call in calls:
        began_s = time.perf_counter()
        await work(call)
        took.append((time.perf_counter() - began_s) * 1e3)
    return statistics.median(took)


async def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory(prefix="ramal-bench-") as folder:
        result = {
            "agents": AGENTS,
            "ten_free": await desk(10),
            "all_free": await desk(AGENTS),
            "one_by_one_ten_free": await desk(10, RingOrder.LONGEST_IDLE),
            "one_by_one_all_free": await desk(AGENTS, RingOrder.ROTATION),
            "operated_all_free": await desk(AGENTS, operated=True),
            "operated_one_by_one_all_free": await desk(AGENTS, RingOrder.ROTATION, operated=True),
            "one_by_one_crowded": await crowded(),
            "store": await store(Path(folder)),
        }
    print(json.dumps(result, default=float))


if __name__ == "__main__":
    asyncio.run(main())
