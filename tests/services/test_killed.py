"""`kill -9` of a gateway with calls in many states at once: real processes, agents with real seats, both databases."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.request import urlopen

import pytest

from gateway.simulator.clips import voices
from recording.journal import Packet, read_journal
from signaling.agents.contract import CallPhase
from signaling.call import Call, Outcome, Party, State
from signaling.events import Direction
from signaling.presence import Presence
from signaling.recording_policy import RecordingPolicy, When
from signaling.recording_record import RecordingState
from store.recordings import INTERRUPTED
from tests.browser.meta import CustomerCall, eventually
from tests.browser.system import Person, System
from tests.fakes.softphone import PATIENCE_S, Softphone

TEAM = ("Ana", "Bia", "Caio", "Dora", "Eva", "Fabio")
ATTEMPTS = 40
RECORDED = (State.TALKING, "held", "talking, dialed", State.REATTACHING)
LUCIA, PETER = "+598 99 550 105", "+351 955 550 106"


@pytest.fixture
def system(database_url: str, tmp_path: Path) -> Iterator[System]:
    system = System(tmp_path, tmp_path, database_url)
    try:
        system.start()
        yield system
    finally:
        system.stop()


@pytest.fixture
async def desks() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def sit_down(system: System, person: Person, desks: AsyncExitStack, *, ready: bool = True) -> Softphone:
    phone = Softphone(system.url, voices()["joao"].packets)
    desks.push_async_callback(phone.close)
    await phone.sign_in(person.login, person.password)
    await phone.connect()
    if ready:
        await phone.sit_down()
    return phone


async def takes(phone: Softphone, system: System, customer: str) -> CustomerCall:
    """The customer calls, and this agent, the only one who is free, talks to them."""
    call = await asyncio.to_thread(system.meta.call, customer)
    state = await phone.until(lambda state: state.ringing)
    await phone.answer(state.ringing[0].call_id)
    await phone.until(lambda state: state.call and state.call.phase is CallPhase.TALKING)
    return call


async def dials(phone: Softphone, system: System, number: str, customer: str) -> CustomerCall:
    """As soon as the gateway has heard that the customer allows it."""
    assert phone.state is not None
    await asyncio.to_thread(system.meta.uses_profile, customer, "allow")
    for _ in range(ATTEMPTS):
        if (await phone.place(phone.state.call_from[0].number_id, number)).ok:
            break
        await asyncio.sleep(PATIENCE_S / ATTEMPTS)  # Meta's webhook is on its way
    await phone.until(lambda state: state.call and state.call.phase is CallPhase.RINGING)
    return await asyncio.to_thread(system.meta.dialed, customer)


async def own_call(phone: Softphone) -> str:
    call = (await phone.until(lambda state: state.call)).call
    assert call is not None
    return call.call_id


async def until_stored(system: System, call: CustomerCall, state: State) -> None:
    def is_so() -> bool:
        found = system.find_call(call.wacid)
        return found is not None and found.state is state

    await asyncio.to_thread(eventually, is_so, f"the call is {state.value}")


async def test_calls_in_every_state_are_ended_at_meta_and_told_when_the_gateway_is_back(
    system: System, desks: AsyncExitStack
) -> None:
    people = [await asyncio.to_thread(system.hire, f"{name} Souza") for name in TEAM]
    desks.enter_context(system.recorded(RecordingPolicy(When.ALWAYS, hold=True)))
    calls: dict[State | str, CustomerCall] = {}

    ana = await sit_down(system, people[0], desks)
    calls[State.TALKING] = await takes(ana, system, "maria")
    bia = await sit_down(system, people[1], desks)
    calls["held"] = await takes(bia, system, "joao")
    await bia.command("call.hold", {"call_id": await own_call(bia), "held": True})
    await bia.until(lambda state: state.call and state.call.held)
    dora = await sit_down(system, people[3], desks)
    calls[State.DIALING] = await dials(dora, system, LUCIA, "lucia")
    eva = await sit_down(system, people[4], desks)
    calls["talking, dialed"] = await dials(eva, system, PETER, "peter")
    await asyncio.to_thread(calls["talking, dialed"].accept, "peter")
    await eva.until(lambda state: state.call and state.call.phase is CallPhase.TALKING)
    caio = await sit_down(system, people[2], desks)
    calls[State.REATTACHING] = await takes(caio, system, "carlos")
    await caio.leave_seat()
    await caio.until(lambda state: state.call and state.call.phase is CallPhase.REATTACHING)
    calls[State.RINGING] = await asyncio.to_thread(system.meta.call, "ana")
    for wanted in (State.REATTACHING, State.RINGING, State.DIALING):
        await until_stored(system, calls[wanted], wanted)
    await asyncio.to_thread(eventually, lambda: all(kept_s(system, calls[name]) > 1 for name in RECORDED), "they talk")

    await asyncio.to_thread(system.kill_gateway)
    assert [name for name, call in calls.items() if call.seen()["ended"]] == [], "Meta knows nothing of it yet"
    await asyncio.to_thread(system.start_gateway)

    inbound: set[str] = set()
    for name, call in calls.items():
        seen = await asyncio.to_thread(call.until, lambda seen: bool(seen["ended"]), f"{name} ends at Meta")
        assert seen["ended_by"] == "business", name
        record: Call = await asyncio.to_thread(system.until_over, call.wacid)
        assert record.failure is not None and record.failure.code == "gateway.restarted", name
        assert (record.outcome, record.ended_by) == (Outcome.FAILED, Party.GATEWAY), name
        inbound |= {record.id} if record.direction is Direction.INBOUND else set()
    for name in RECORDED:
        recording = await asyncio.to_thread(system.recording_of, calls[name].wacid)
        assert recording is not None and recording.reason == INTERRUPTED, name
        assert recording.state in (RecordingState.FINISHING, RecordingState.PARTIAL), name
    await asyncio.to_thread(eventually, lambda: calls_of(system) == 0, "no call holds its place")
    back = await sit_down(system, people[0], desks)
    shown = await back.until(lambda state: state.presence is Presence.FREE)
    assert (shown.call, shown.ringing, shown.waiting) == (None, [], [])
    async with back._http.get(f"{system.url}/api/v1/callbacks", raise_for_status=True) as answer:
        cards = {card["call_id"] for card in (await answer.json())["callbacks"]}
    assert inbound <= cards, "somebody should call them back"
    await takes(back, system, "maria")
    await back.hang_up()


async def test_a_call_that_is_being_answered_is_ended_when_the_gateway_is_back(
    system: System, desks: AsyncExitStack
) -> None:
    person = await asyncio.to_thread(system.hire, "Fabio Souza")
    phone = await sit_down(system, person, desks)
    call = await asyncio.to_thread(system.meta.call, "maria")
    call_id = (await phone.until(lambda state: state.ringing)).ringing[0].call_id
    await phone.command("call.answer", {"call_id": call_id})  # and says nothing: the claim waits to be heard
    await until_stored(system, call, State.CLAIMED)
    await asyncio.to_thread(system.kill_gateway)
    await asyncio.to_thread(system.start_gateway)
    seen = await asyncio.to_thread(call.until, lambda seen: bool(seen["ended"]), "it ends at Meta")
    assert seen["ended_by"] == "business"
    record = await asyncio.to_thread(system.until_over, call.wacid)
    assert record.failure is not None and record.failure.code == "gateway.restarted"
    back = await sit_down(system, person, desks)
    assert back.state is not None and back.state.call is None


def kept_s(system: System, call: CustomerCall) -> float:
    """How far the journal of a call goes, in seconds."""
    journal = system.journal_of(call.wacid)
    if not journal.exists() or journal.stat().st_size == 0:
        return 0.0
    return max((record.at_s for record in read_journal(journal)[1] if isinstance(record, Packet)), default=0.0)


def calls_of(system: System) -> int:
    """How many calls the gateway says are not over."""
    with urlopen(f"{system.url}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return int(sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("ramal_calls{")))
