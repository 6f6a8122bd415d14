"""`kill -9` of a gateway with calls in every state at once: real processes, agents with real seats, both databases."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

import pytest

from gateway.simulator.clips import voices
from recording.journal import Packet, read_journal
from signaling.agents.contract import CallPhase
from signaling.call import Call, Outcome, Party, Rules, State
from signaling.events import Direction
from signaling.plan import HangUp, Menu, OfferCallback, Plan, PromptId, Queue, StepId, Voicemail
from signaling.ports import Role
from signaling.presence import Presence
from signaling.recording_policy import RecordingPolicy, When
from signaling.recording_record import RecordingState
from store.message_models import MessageState
from store.recordings import INTERRUPTED
from tests.browser.listening import decode, likeness, voice
from tests.browser.meta import CustomerCall, eventually
from tests.browser.system import Person, System
from tests.fakes.softphone import PATIENCE_S, Softphone

TEAM = ("Ana", "Bia", "Caio", "Dora", "Eva", "Gil", "Hugo", "Ivo", "Julia", "Kim", "Leo")
ATTEMPTS = 40
LUCIA, PETER = "+598 99 550 105", "+351 955 550 106"

UNHURRIED: Final = Rules(claim_lease_s=30.0, reattach_grace_s=120.0, dial_window_s=120.0)
"""No call moves on by itself while the others are brought about, however busy the machine is."""
MENU, QUEUE, VOICEMAIL, OFFER, END = map(StepId, ("menu", "queue", "voicemail", "offer", "end"))
PLAN: Final = Plan(
    MENU,
    {
        MENU: Menu(PromptId("menu_default"), {"1": QUEUE, "2": VOICEMAIL, "3": OFFER}, END, wait_s=30, times=5),
        QUEUE: Queue(END, longest_s=600),
        VOICEMAIL: Voicemail(END, PromptId("voicemail"), longest_s=300),
        OFFER: OfferCallback(PromptId("callback_offer"), END, END, wait_s=30),
        END: HangUp(),
    },
)
TRANSFER_RINGS: Final = "ramal.ring"
"""The step at which a customer who is given to a colleague rings for them alone."""

CONVERSATIONS: Final = frozenset(
    {"talking", "held", "consultation", "three", "talking, dialed", "reattaching", "transfer rings"}
)
"""In which an agent has the customer, or had: these are recorded, and broke off."""
NO_CARD: Final = frozenset({"dialing"})
"""Whom we called and did not reach, we have not lost: the agent who called knows of it."""
MESSAGE_S: Final = 3.0


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


class Floor:
    """A team at work, and what becomes of whom."""

    def __init__(self, system: System, desks: AsyncExitStack) -> None:
        self.system, self._desks = system, desks
        self.people: dict[str, Person] = {}
        self.calls: dict[str, CustomerCall] = {}

    async def hire(self, name: str, role: Role = Role.AGENT) -> None:
        self.people[name] = await asyncio.to_thread(self.system.hire, f"{name} Souza", role)

    async def sits_down(self, name: str) -> Softphone:
        """This agent is at their desk, and free."""
        phone = Softphone(self.system.url, voices()["joao"].packets)
        self._desks.push_async_callback(phone.close)
        await phone.sign_in(self.people[name].login, self.people[name].password)
        await phone.connect()
        await phone.sit_down()
        return phone

    async def calls_up(self, what: str, customer: str) -> CustomerCall:
        call = self.calls[what] = await asyncio.to_thread(self.system.meta.call, customer)
        return call

    async def takes(self, phone: Softphone, what: str, customer: str) -> None:
        """The customer calls, and this agent, the only one who is free, talks to them."""
        await self.calls_up(what, customer)
        state = await phone.until(lambda state: state.ringing)
        await phone.answer(state.ringing[0].call_id)
        await phone.until(lambda state: state.call and state.call.phase is CallPhase.TALKING)

    async def dials(self, phone: Softphone, what: str, number: str, customer: str) -> None:
        """As soon as the gateway has heard that the customer allows it."""
        assert phone.state is not None
        await asyncio.to_thread(self.system.meta.uses_profile, customer, "allow")
        for _ in range(ATTEMPTS):
            if (await phone.place(phone.state.call_from[0].number_id, number)).ok:
                break
            await asyncio.sleep(PATIENCE_S / ATTEMPTS)  # Meta's webhook is on its way
        await phone.until(lambda state: state.call and state.call.phase is CallPhase.RINGING)
        self.calls[what] = await asyncio.to_thread(self.system.meta.dialed, customer)

    async def asks(self, phone: Softphone, colleague: Softphone) -> None:
        """The two talk, and the customer hears music."""
        assert colleague.state is not None
        call = await own_call(phone)
        await phone.command("consult.ask", {"call_id": call, "agent_id": colleague.state.me.agent_id})
        await colleague.until(lambda state: state.asked)
        colleague.speak()
        await colleague.command("consult.answer", {"call_id": call})
        await phone.until(lambda state: state.call and state.call.consult and not state.call.consult.ringing)

    async def walks(self, what: str, customer: str, step: StepId, key: str | None = None) -> CustomerCall:
        """The customer calls, and is led by the number's plan to this step."""
        call = await self.calls_up(what, customer)
        await self.until_stored(call, State.WAITING)  # accepted: the menu is heard
        if key is not None:
            await asyncio.to_thread(call.press, key)
        await self.until_at(call, step)
        return call

    async def until_at(self, call: CustomerCall, step: str) -> None:
        def is_there() -> bool:
            steps = [line.data["step"] for line in self.timeline(call) if line.kind == "step"]
            return steps[-1:] == [step]

        await asyncio.to_thread(eventually, is_there, f"the call is at {step}")

    async def until_stored(self, call: CustomerCall, state: State) -> None:
        def is_so() -> bool:
            found = self.system.find_call(call.wacid)
            return found is not None and found.state is state

        await asyncio.to_thread(eventually, is_so, f"the call is {state.value}")

    def timeline(self, call: CustomerCall) -> tuple[Any, ...]:
        found = self.system.find_call(call.wacid)
        return () if found is None else found.timeline


async def own_call(phone: Softphone) -> str:
    call = (await phone.until(lambda state: state.call)).call
    assert call is not None
    return call.call_id


async def a_busy_moment(floor: Floor) -> None:
    """A call in every state, each with the agents that it takes."""
    for name in TEAM:
        await floor.hire(name)
    ana = await floor.sits_down("Ana")
    await floor.takes(ana, "talking", "maria")
    bia = await floor.sits_down("Bia")
    await floor.takes(bia, "held", "joao")
    await bia.command("call.hold", {"call_id": await own_call(bia), "held": True})
    await bia.until(lambda state: state.call and state.call.held)
    dora = await floor.sits_down("Dora")
    await floor.dials(dora, "dialing", LUCIA, "lucia")
    eva = await floor.sits_down("Eva")
    await floor.dials(eva, "talking, dialed", PETER, "peter")
    await asyncio.to_thread(floor.calls["talking, dialed"].accept, "peter")
    await eva.until(lambda state: state.call and state.call.phase is CallPhase.TALKING)
    caio = await floor.sits_down("Caio")
    await floor.takes(caio, "reattaching", "carlos")
    gil = await floor.sits_down("Gil")
    await floor.takes(gil, "consultation", "ana")
    await floor.asks(gil, await floor.sits_down("Hugo"))
    ivo = await floor.sits_down("Ivo")
    await floor.takes(ivo, "three", "maria")
    await floor.asks(ivo, await floor.sits_down("Julia"))
    await ivo.command("consult.join", {"call_id": await own_call(ivo)})
    await ivo.until(lambda state: state.call and state.call.consult and state.call.consult.joined)
    kim = await floor.sits_down("Kim")
    await floor.takes(kim, "transfer rings", "joao")
    await listens(floor, "talking")

    with floor.system.planned(PLAN):
        await floor.walks("menu", "maria", MENU)
        await floor.walks("queue", "carlos", QUEUE, "1")
        await floor.walks("offer of a call back", "ana", OFFER, "3")
        message = await floor.walks("voicemail", "maria", VOICEMAIL, "2")
        await until_spoken(floor, message)

    leo = await floor.sits_down("Leo")
    assert leo.state is not None
    to_leo = {"call_id": await own_call(kim), "to_agent": leo.state.me.agent_id}
    await kim.command("call.transfer", to_leo)
    await floor.until_at(floor.calls["transfer rings"], TRANSFER_RINGS)
    await caio.leave_seat()
    await caio.until(lambda state: state.call and state.call.phase is CallPhase.REATTACHING)
    claimed = await floor.calls_up("being answered", "joao")
    await floor.until_stored(claimed, State.RINGING)
    ring = await kim.until(lambda state: len(state.ringing) == 2)  # beside whom the queue has for her
    await kim.command("call.answer", {"call_id": ring.ringing[-1].call_id})  # and says nothing
    await floor.calls_up("ringing", "ana")


async def listens(floor: Floor, what: str) -> None:
    """A supervisor is in the call, whom nobody hears."""
    await floor.hire("Sara", Role.SUPERVISOR)
    record = await asyncio.to_thread(floor.system.call_of, floor.calls[what].wacid)
    sara = await floor.sits_down("Sara")
    await sara.command("supervise.listen", {"call_id": record.id})
    await sara.until(lambda state: state.supervising)


async def until_spoken(floor: Floor, call: CustomerCall) -> None:
    """The customer is leaving a message, and so much of it is on the disk."""
    journal = await asyncio.to_thread(floor.system.message_journal_of, call.wacid)
    await asyncio.to_thread(eventually, lambda: kept_s(journal) > MESSAGE_S, "the customer speaks after the beep")


STANDS: Final = {
    "talking": State.TALKING,
    "held": State.TALKING,
    "consultation": State.TALKING,
    "three": State.TALKING,
    "talking, dialed": State.TALKING,
    "dialing": State.DIALING,
    "reattaching": State.REATTACHING,
    "transfer rings": State.WAITING,
    "menu": State.WAITING,
    "queue": State.WAITING,
    "offer of a call back": State.WAITING,
    "voicemail": State.WAITING,
    "being answered": State.CLAIMED,
    "ringing": State.RINGING,
}
STEPS: Final = {
    "transfer rings": TRANSFER_RINGS,
    "menu": MENU,
    "queue": QUEUE,
    "offer of a call back": OFFER,
    "voicemail": VOICEMAIL,
}


async def test_calls_in_every_state_are_ended_at_meta_and_told_when_the_gateway_is_back(
    system: System, desks: AsyncExitStack
) -> None:
    floor = Floor(system, desks)
    desks.enter_context(system.rules(UNHURRIED))
    desks.enter_context(system.recorded(RecordingPolicy(When.ALWAYS, hold=True)))
    await a_busy_moment(floor)
    calls = floor.calls
    for name, state in STANDS.items():
        await floor.until_stored(calls[name], state)
    for name in CONVERSATIONS:
        journal = await asyncio.to_thread(system.journal_of, calls[name].wacid)
        await asyncio.to_thread(eventually, lambda journal=journal: kept_s(journal) > 1, f"{name}: they talk")  # type: ignore[misc]

    await asyncio.to_thread(system.kill_gateway)
    before = {name: await asyncio.to_thread(system.call_of, call.wacid) for name, call in calls.items()}
    assert {name: call.state for name, call in before.items()} == STANDS, "so it was when the process died"
    for name, step in STEPS.items():
        assert [line.data["step"] for line in before[name].timeline if line.kind == "step"][-1] == step
    assert [name for name, call in calls.items() if call.seen()["ended"]] == [], "Meta knows nothing of it yet"
    await asyncio.to_thread(system.start_gateway)

    records: dict[str, Call] = {}
    for name, call in calls.items():
        seen = await asyncio.to_thread(call.until, lambda seen: bool(seen["ended"]), f"{name} ends at Meta")
        assert seen["ended_by"] == "business", name
        record = records[name] = await asyncio.to_thread(system.until_over, call.wacid)
        assert record.failure is not None and record.failure.code == "gateway.restarted", name
        assert (record.outcome, record.ended_by) == (Outcome.FAILED, Party.GATEWAY), name
        assert record.direction is Direction.INBOUND or "dial" in name
    assert system.meta.faults() == [], "each end was one that Meta takes"
    for name in CONVERSATIONS:
        recording = await asyncio.to_thread(system.recording_of, calls[name].wacid)
        assert recording is not None and recording.reason == INTERRUPTED, name
        assert recording.state in (RecordingState.FINISHING, RecordingState.PARTIAL), name
    lines = [line.kind for line in records["talking"].timeline if line.kind.startswith("supervision")]
    assert lines == ["supervision", "supervision_over"], "nobody listens any more, by the audit either"
    await asyncio.to_thread(eventually, lambda: calls_of(system) == 0, "no call holds its place")

    back = await floor.sits_down("Ana")
    shown = await back.until(lambda state: state.presence is Presence.FREE)
    assert (shown.call, shown.ringing, shown.waiting) == (None, [], [])
    await everybody_lost_is_on_a_card(floor, records, back)
    await floor.takes(back, "and then", "maria")
    await back.hang_up()


async def everybody_lost_is_on_a_card(floor: Floor, records: dict[str, Call], agent: Softphone) -> None:
    """One card a customer, for all of their calls; on it the message that one of them was leaving."""
    wacid = floor.calls["voicemail"].wacid

    def kept() -> bool:
        message = floor.system.message_of(wacid)
        return message is not None and message.file is not None

    await asyncio.to_thread(eventually, kept, "the message is kept")
    message = await asyncio.to_thread(floor.system.message_of, wacid)
    assert message is not None and message.state is MessageState.PARTIAL
    sound = floor.system.message_file(message).read_bytes()
    assert likeness(decode(sound), voice("maria")) >= 0.8
    async with agent._http.get(f"{floor.system.url}/api/v1/callbacks", raise_for_status=True) as answer:
        cards = (await answer.json())["callbacks"]
    lost = {name: record for name, record in records.items() if name not in NO_CARD}
    owed = Counter(record.customer.name for record in lost.values())
    assert {card["customer_name"]: card["times"] for card in cards} == owed
    names = {record.id: name for name, record in records.items()}
    for card in cards:
        newest = names[card["call_id"]]
        assert card["reason"] == ("interrupted" if newest in CONVERSATIONS else "failed"), newest
    messages = [message["call_id"] for card in cards for message in card["messages"]]
    assert messages == [records["voicemail"].id]


def kept_s(journal: Path) -> float:
    """How far a journal goes, in seconds."""
    if not journal.exists() or journal.stat().st_size == 0:
        return 0.0
    return max((record.at_s for record in read_journal(journal)[1] if isinstance(record, Packet)), default=0.0)


def calls_of(system: System) -> int:
    """How many calls the gateway says are not over."""
    with urlopen(f"{system.url}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return int(sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("ramal_calls{")))
