"""Events reach who subscribed, whatever becomes of receivers and of us. Real HTTP, on both databases."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.guarded_http import Guard, GuardedHttp
from gateway.outbox import Courier, Schedule
from signaling.announcements import EventKind
from signaling.call import Call, Outcome, Party, State
from signaling.integrator_contract import iso
from signaling.permission_events import Granted, Source, reference_of
from signaling.plan import HangUp, Plan, StepId
from signaling.private import Payload
from signaling.texts import TextKind, Texts
from signaling.texts_due import with_text
from store.calls import SqlCallStore
from store.database import Database
from store.event_queue import SqlEventQueue
from store.permissions import SqlPermissionStore
from store.protocols import SqlProtocolStore
from store.reach import Reach
from store.secrets import SecretBox
from store.subscriptions import LoggedDelivery, NewSubscription, SqlSubscriptionStore, Subscription
from tests.services.receivers import CrmReceiver, Event
from tests.services.samples import KEY, NOW, Town, build_town, call_in, customer

QUICK = Schedule(timeout_s=20.0, first_s=0.02, longest_s=0.1)
OF_CALLS_AND_PROTOCOLS = frozenset(EventKind) - {EventKind.CALLBACK_OPENED, EventKind.CALLBACK_CLOSED}
MISSED_CALL = ["call.offered", "call.missed", "call.ended"]


class WatchedQueue(SqlEventQueue):
    """Tells when something was written down."""

    recorded = asyncio.Event()

    async def record(self, *what: Any) -> None:
        await super().record(*what)
        self.recorded.set()


@dataclass
class Office:
    """The sending side: calls are saved here."""

    database: Database
    town: Town
    late: timedelta = timedelta()
    queue: WatchedQueue = field(init=False)
    subscriptions: SqlSubscriptionStore = field(init=False)
    calls: SqlCallStore = field(init=False)
    http: GuardedHttp = field(init=False)
    couriers: list[Courier] = field(default_factory=list)

    def __post_init__(self) -> None:
        secrets = SecretBox([KEY])
        self.queue = WatchedQueue(self.database, secrets)
        WatchedQueue.recorded = asyncio.Event()
        self.subscriptions = SqlSubscriptionStore(self.database, secrets)
        self.calls = SqlCallStore(self.database, self._wake)
        self.http = GuardedHttp(Guard(loopback=True))

    def clock(self) -> datetime:
        return datetime.now(UTC) + self.late

    def _wake(self) -> None:
        for courier in self.couriers:
            courier.wake()

    def start(self, schedule: Schedule = QUICK) -> Courier:
        courier = Courier(self.queue, self.http, self.clock, schedule)
        courier.start()
        self.couriers.append(courier)
        return courier

    async def subscribe(self, crm: CrmReceiver, kinds: frozenset[EventKind] | None = None) -> Subscription:
        new = NewSubscription(crm.url, "a CRM", kinds or OF_CALLS_AND_PROTOCOLS)
        made, crm.secret = await self.subscriptions.add(new, self.clock())
        return made

    async def live(self, wacid: str, **changes: object) -> Call:
        """A call that rings in vain, save by save."""
        now = self.clock()
        call = replace(call_in(self.town, wacid, customer("5511955550101", name="Maria")), received_at=now, **changes)  # type: ignore[arg-type]
        call = replace(call, state=State.RINGING).note(now, "offered")
        await self.calls.save(call)
        ended = replace(call, state=State.ENDED, outcome=Outcome.MISSED, ended_by=Party.GATEWAY, ended_at=now)
        await self.calls.save(ended.note(now, "ended"))
        return call

    async def close(self) -> None:
        for courier in self.couriers:
            await courier.stop()
        await self.http.close()


@pytest.fixture
async def office(database: Database) -> AsyncIterator[Office]:
    made = Office(database, await build_town(database))
    yield made
    await made.close()


@pytest.fixture
async def crm() -> AsyncIterator[CrmReceiver]:
    receiver = CrmReceiver()
    yield receiver
    receiver.gate.set()
    await receiver.stop()


def of_call(events: list[Event], call: Call) -> list[Event]:
    return [event for event in events if event["subject"] == f"call:{call.id}"]


def kinds(events: list[Event]) -> list[str]:
    return [event["type"] for event in events]


def assert_whole(events: list[Event], calls: list[Call]) -> None:
    """Everything, once, in order per call, each with an id of its own."""
    for call in calls:
        assert kinds(of_call(events, call)) == MISSED_CALL
        assert [event["sequence"] for event in of_call(events, call)] == [1, 2, 3]
    assert len({event["id"] for event in events}) == len(events) == 4 * len(calls)  # and a protocol for each


async def test_a_missed_call_is_told_in_full_and_signed(office: Office, crm: CrmReceiver) -> None:
    await crm.start()
    await office.subscribe(crm)
    office.start()
    call = await office.live("wacid.A", button_payload=Payload("order-17"))
    await crm.until(lambda: len(crm.got) == 4)
    assert_whole(crm.got, [call])
    told = of_call(crm.got, call)[-1]["data"]["call"]
    assert told["customer"] == {"phone": "5511955550101", "bsuid": None, "name": "Maria", "username": None}
    assert told["department"]["name"] == "Atendimento"
    assert told["number"]["slug"] == office.town.number.slug != ""
    assert (told["outcome"], told["ended_by"], told["button_payload"]) == ("missed", "gateway", "order-17")
    (protocol,) = [event for event in crm.got if event["type"] == "protocol.created"]
    assert protocol["data"]["protocol"]["call_id"] == call.id
    assert protocol["data"]["protocol"]["department"] == told["department"]
    assert protocol["data"]["protocol"]["code"] == f"{office.clock().year}000001"
    assert "wacid" not in str(crm.got)


async def test_a_text_that_is_due_is_delivered_signed_between_the_events_of_its_call(
    office: Office, crm: CrmReceiver
) -> None:
    await crm.start()
    await office.subscribe(crm)
    office.start()
    plan = Plan(StepId("end"), {StepId("end"): HangUp()}, texts=Texts(greeting={"en": "Hello!"}))
    now = office.clock()
    call = replace(call_in(office.town, "wacid.A", customer("5511955550101")), received_at=now, plan=plan)
    call = with_text(replace(call, state=State.RINGING).note(now, "offered"), TextKind.GREETING, now)
    for _ in range(2):
        await office.calls.save(call)  # saved again, told once
    await office.calls.save(replace(call, state=State.ENDED, outcome=Outcome.MISSED, ended_at=now).note(now, "ended"))
    await crm.until(lambda: len(of_call(crm.got, call)) == 4)
    assert kinds(of_call(crm.got, call)) == ["call.offered", "text.due", "call.missed", "call.ended"]
    told = of_call(crm.got, call)[1]
    assert told["data"]["text"] == {"kind": "greeting", "language": "en", "text": "Hello!"}
    assert (told["sequence"], told["data"]["call"]["call_id"]) == (2, call.id)
    assert told["data"]["call"]["customer"]["phone"] == "5511955550101"


async def test_every_event_of_a_call_carries_one_ticket_key(office: Office, crm: CrmReceiver) -> None:
    await crm.start()
    await office.subscribe(crm)
    office.start()
    call = await office.live("wacid.A")
    own = await office.live("wacid.B", reference=Payload("ticket 17"))
    await crm.until(lambda: len(crm.got) == 8)
    for each, key in ((call, call.id), (own, "ticket 17")):
        told = [(event["type"], event["data"]["call"]["ticket_key"]) for event in of_call(crm.got, each)]
        assert told == [(kind, key) for kind in MISSED_CALL], "from call.offered on"


async def test_a_receiver_that_was_down_gets_everything_in_order_when_it_is_back(
    office: Office, crm: CrmReceiver
) -> None:
    subscription = await office.subscribe(crm)
    tried = asyncio.Event()
    post = office.http.post

    async def watched(*arguments: object) -> object:
        answer = await post(*arguments)  # type: ignore[arg-type]
        assert answer.result == "network.unreachable" or crm.got or crm.asked
        tried.set()
        return answer

    office.http.post = watched  # type: ignore[method-assign, assignment]
    office.start()
    calls = [await office.live(f"wacid.{n}") for n in range(12)]
    await tried.wait()
    await crm.start()
    await crm.until(lambda: len(crm.got) >= 48)
    assert_whole(crm.got, calls)
    log = await settled(office, subscription)
    assert {line.state for line in log} == {"delivered"}
    assert max(line.attempts for line in log) > 1


async def settled(office: Office, subscription: Subscription) -> list[LoggedDelivery]:
    """The log, when every delivery that arrived is also written down."""
    async with asyncio.timeout(20):
        while True:
            office.queue.recorded.clear()
            log, _ = await office.subscriptions.log(subscription.id, state=None, limit=200, cursor=None)
            if log and all(line.state != "pending" for line in log):
                return log
            await office.queue.recorded.wait()


async def test_a_receiver_that_answers_500_gets_everything_once_it_does_not(office: Office, crm: CrmReceiver) -> None:
    refusals = iter([500, 503, 429, 302, 404, 500])
    crm.answer = lambda event: next(refusals, 200)
    await crm.start()
    await office.subscribe(crm)
    office.start()
    calls = [await office.live(f"wacid.{n}") for n in range(3)]
    await crm.until(lambda: len(crm.got) == 12)
    assert_whole(crm.got, calls)
    first = [event["id"] for event in crm.asked if event["subject"] == crm.asked[0]["subject"]]
    assert first[0] == first[1], "a repetition carries the same id"


async def test_a_slow_receiver_delays_no_other_and_no_call(office: Office, crm: CrmReceiver) -> None:
    slow = CrmReceiver()
    slow.gate.clear()
    await slow.start()
    await crm.start()
    await office.subscribe(slow)
    await office.subscribe(crm)
    office.start()
    calls = [await office.live(f"wacid.{n}") for n in range(5)]  # saved while one receiver has answered nothing
    await crm.until(lambda: len(crm.got) == 20)
    assert_whole(crm.got, calls)
    assert slow.got == []
    slow.gate.set()
    await slow.until(lambda: len(slow.got) == 20)
    assert_whole(slow.got, calls)
    await slow.stop()


async def test_an_event_that_is_never_taken_holds_up_its_own_call_and_no_other(
    office: Office, crm: CrmReceiver
) -> None:
    bad = await office.live("wacid.bad")
    await office.subscribe(crm)
    await crm.start()
    crm.answer = lambda event: 500 if event["data"].get("call", {}).get("call_id") == bad.id else 200
    office.start()
    await office.calls.save(late_word(bad))
    await crm.until(lambda: any(event["type"] == "call.corrected" for event in crm.asked))
    calls = [await office.live(f"wacid.{n}") for n in range(8)]
    await crm.until(lambda: len(crm.got) == 32)
    assert_whole(crm.got, calls)


def late_word(call: Call) -> Call:
    """Meta says after the end that it was answered."""
    now = call.timeline[-1].at
    ended = replace(call, state=State.ENDED, outcome=Outcome.ANSWERED, meta_started_at=now, ended_at=now)
    return ended.note(now, "ended").note(now, "terminated_by_meta")


async def test_only_what_was_asked_for_is_delivered(office: Office, crm: CrmReceiver) -> None:
    await crm.start()
    await office.subscribe(crm, frozenset({EventKind.CALL_ENDED}))
    elsewhere = CrmReceiver()
    await elsewhere.start()
    nowhere = Reach(numbers=frozenset())
    await office.subscriptions.add(NewSubscription(elsewhere.url, reach=nowhere), office.clock())
    office.start()
    await office.live("wacid.A")
    await office.live("wacid.B")
    await crm.until(lambda: len(crm.got) == 2)
    assert kinds(crm.got) == ["call.ended", "call.ended"]
    assert elsewhere.asked == []
    await elsewhere.stop()


async def test_what_is_given_up_is_in_the_log_and_can_be_sent_again(office: Office, crm: CrmReceiver) -> None:
    crm.answer = lambda event: 500
    await crm.start()
    subscription = await office.subscribe(crm)
    call = await office.live("wacid.A")
    office.late = timedelta(hours=73)
    courier = office.start()
    log = await settled(office, subscription)
    assert [(line.state, line.last_result) for line in log] == [("dead", "http.500")] * 4
    crm.answer = lambda event: 204
    assert await office.subscriptions.replay(subscription.id, office.clock()) == 4
    courier.reread()
    await crm.until(lambda: len(crm.got) == 4)
    assert_whole(crm.got, [call])
    again = await settled(office, subscription)
    assert {line.event_id for line in again} == {line.event_id for line in log}


async def test_events_from_before_a_subscription_are_sent_when_asked_for(office: Office, crm: CrmReceiver) -> None:
    await crm.start()
    call = await office.live("wacid.A")
    subscription = await office.subscribe(crm)
    courier = office.start()
    assert await office.subscriptions.replay(subscription.id, office.clock(), since=NOW) == 4
    courier.reread()
    await crm.until(lambda: len(crm.got) == 4)
    assert_whole(crm.got, [call])


async def test_a_removed_subscription_gets_nothing_more(office: Office, crm: CrmReceiver) -> None:
    await crm.start()
    subscription = await office.subscribe(crm)
    await office.live("wacid.A")
    assert await office.subscriptions.remove(subscription.id, office.clock())
    assert await office.queue.receivers() == []
    assert not await office.subscriptions.remove(subscription.id, office.clock())


async def test_old_events_go_but_not_what_still_waits(office: Office, crm: CrmReceiver) -> None:
    await office.live("wacid.A")
    subscription = await office.subscribe(crm)
    await office.live("wacid.B")
    later = office.clock() + timedelta(days=40)
    assert await office.queue.prune(later) == 5
    assert len(await office.queue.due(subscription.id, later, 100)) == 2  # a call's and its protocol's first


async def test_a_save_that_fails_leaves_no_event_and_an_event_no_half_saved_call(
    office: Office, crm: CrmReceiver
) -> None:
    subscription = await office.subscribe(crm)
    call = await office.live("wacid.A")
    twin = replace(call_in(office.town, "wacid.A"), state=State.RINGING, received_at=NOW)  # its wacid is taken
    with pytest.raises(Exception, match="conflict"):
        await office.calls.save(twin)
    log, _ = await office.subscriptions.log(subscription.id, state=None, limit=200, cursor=None)
    assert {line.subject for line in log if line.subject.startswith("call:")} == {f"call:{call.id}"}


ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("when", ["saved", "posted"])
async def test_a_process_killed_between_save_and_delivery_loses_nothing(
    office: Office, crm: CrmReceiver, when: str, database_url: str
) -> None:
    """`saved`: before anything was sent. `posted`: when the receiver has it and nobody has written that down."""
    crm.gate.clear()
    await crm.start()
    await office.subscribe(crm)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.services.outbox_process", database_url, when), stdout=subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout is not None
    assert (await process.stdout.readline()).strip() == b"saved"
    if when == "posted":
        await crm.until(lambda: len(crm.asked) >= 1)
    process.send_signal(signal.SIGKILL)
    assert await process.wait() == -signal.SIGKILL
    crm.gate.set()
    office.late = QUICK.lease  # a process that died holds a receiver that long
    office.start()
    await crm.until(lambda: {"call.ended", "protocol.created"} <= set(kinds(crm.got)))
    once = list({event["id"]: event for event in crm.got}.values())
    assert kinds([event for event in once if event["subject"].startswith("call:")]) == MISSED_CALL
    assert len(once) == 4


async def test_several_processes_deliver_each_event_once_and_in_order(office: Office, crm: CrmReceiver) -> None:
    await crm.start()
    made = await office.subscribe(crm)
    for _ in range(3):
        office.start()
    await asyncio.gather(*(office.live(f"wacid.{n}") for n in range(8)))
    await crm.until(lambda: len(crm.got) >= 8 * 4)
    while True:  # what was told and not written down would be told again
        WatchedQueue.recorded.clear()
        if await office.queue.next_due_at(made.id) is None:
            break
        await asyncio.wait_for(WatchedQueue.recorded.wait(), 30)
    first = office.couriers.pop(0)
    await first.stop()
    await asyncio.gather(*(office.live(f"wacid.more.{n}") for n in range(4)))
    await crm.until(lambda: len(crm.got) >= 12 * 4)
    assert len(crm.got) == len({event["id"] for event in crm.got}) == 12 * 4
    for subject in {event["subject"] for event in crm.got}:
        sequence = [event["sequence"] for event in crm.got if event["subject"] == subject]
        assert sequence == sorted(sequence)


async def test_a_receiver_is_held_by_one_until_they_let_go_or_die(office: Office, crm: CrmReceiver) -> None:
    made, queue = await office.subscribe(crm), office.queue
    until = NOW + timedelta(seconds=40)
    assert await queue.hold(made.id, "first", NOW, until)
    assert not await queue.hold(made.id, "second", until - timedelta(seconds=1), until + timedelta(seconds=40))
    assert await queue.hold(made.id, "first", NOW + timedelta(seconds=20), until), "it goes on by asking again"
    assert await queue.hold(made.id, "second", until, until + timedelta(seconds=40)), "the first one died"
    assert not await queue.hold(made.id, "first", until, until + timedelta(seconds=40))
    await queue.let_go("second")
    assert await queue.hold(made.id, "first", until, until + timedelta(seconds=40))


async def test_a_protocol_is_numbered_without_gaps_and_told_when_opened_and_closed(
    office: Office, crm: CrmReceiver
) -> None:
    await crm.start()
    await office.subscribe(crm, frozenset({EventKind.PROTOCOL_CREATED, EventKind.PROTOCOL_CLOSED}))
    office.start()
    protocols = SqlProtocolStore(office.database)
    await asyncio.gather(*(office.live(f"wacid.{n}") for n in range(6)))
    page, _ = await protocols.page(is_open=True, limit=200, cursor=None)
    assert sorted(int(protocol.code[4:]) for protocol in page) == [1, 2, 3, 4, 5, 6]
    closed = await protocols.close(page[0].code, "user:1", office.clock())
    again = await protocols.close(page[0].code, "user:2", office.clock())
    assert closed is not None and again is not None
    assert (closed.closed_by, again.closed_by) == ("user:1", "user:1")
    office.couriers[0].wake()
    await crm.until(lambda: len(crm.got) == 7)
    mine = [event for event in crm.got if event["subject"] == f"protocol:{page[0].code}"]
    assert [(event["type"], event["sequence"]) for event in mine] == [("protocol.created", 1), ("protocol.closed", 2)]


async def test_a_permission_that_changes_is_told_in_the_transaction_that_changes_it(
    office: Office, crm: CrmReceiver
) -> None:
    await crm.start()
    await office.subscribe(crm, frozenset({EventKind.PERMISSION_CHANGED}))
    who, now = customer("5511955550101", name="Maria"), office.clock()
    ledgers, until = SqlPermissionStore(office.database), now + timedelta(days=7)
    granted = Granted(now, reference_of("wamid.1"), False, until, Source.CUSTOMER)
    await ledgers.add(office.town.number, who, granted)
    await ledgers.add(office.town.number, who, granted)  # a repetition of Meta's changes nothing
    office.start()
    await crm.until(lambda: len(crm.got) == 1)
    told = crm.got[0]["data"]["permission"]
    assert (told["status"], told["customer"]["phone"]) == ("temporary", "5511955550101")
    assert (told["until"], crm.got[0]["sequence"]) == (iso(until), 1)
    page, _ = await office.subscriptions.log(1, state=None, limit=10, cursor=None)
    assert len(page) == 1


def test_waits_grow_and_are_never_in_step() -> None:
    schedule = Schedule(first_s=2.0, longest_s=600.0)
    assert [schedule.wait_s(n, 0.0) for n in (1, 2, 3, 20)] == [2.0, 4.0, 8.0, 600.0]
    assert schedule.wait_s(2, 1.0) == 2.0
