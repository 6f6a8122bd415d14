"""Texts that are due to customers reach integrators: calls on virtual time; numbers, calls and events in the real
store."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import Session, col, select

from signaling.call import Call, State
from signaling.events import (
    AgentAnswered,
    AgentHungUp,
    ConsultAnswered,
    ConsultAsked,
    ConsultHandedOver,
    DigitPressed,
    TransferAsked,
)
from signaling.exchange import Exchange
from signaling.ids import CallId
from signaling.plan import Plan
from signaling.private import Wacid
from signaling.texts import Texts
from store.calls import SqlCallStore
from store.event_bodies import event_told
from store.integration_models import OutboxEventRow
from store.models import UserRow
from tests.fakes.virtual_time import run_in_virtual_time, virtual_now
from tests.fakes.world import ANA, BIA, PNID, SEAT_A, SEAT_B, FakeCallStore, offered, terminated
from tests.scenarios.plan_world import ALWAYS_CLOSED, PLAN, RING, RING_S, settle
from tests.services.test_calls_follow_plans import StoredWorld

TEXTS = Texts(
    greeting={"pt-BR": "Olá! Já atendemos."},
    transfer={"pt-BR": "Passo para um colega."},
    out_of_hours={"pt-BR": "Abrimos às 9 h.", "es": "Abrimos a las 9."},
)
WITH_TEXTS = replace(PLAN, texts=TEXTS)
DAY_S = 86_400.0


class KeptTwice(FakeCallStore):
    """What a scenario looks at, and the real store."""

    sql: SqlCallStore

    async def save(self, call: Call) -> None:
        await super().save(call)
        await self.sql.save(call)


class TextsWorld(StoredWorld):
    def __init__(self, url: str) -> None:
        super().__init__(url)
        kept = KeptTwice()
        kept.sql = SqlCallStore(self.database)
        self.world.store = kept
        self.start()

    async def open(self) -> None:
        await super().open()
        users = [
            UserRow(login=login, name=agent.name, password_hash="", role=agent.role)
            for login, agent in (("ana", ANA), ("bia", BIA))
        ]
        await self.database.run(lambda session: session.add_all(users))

    def start(self) -> None:
        """As a new process would, which remembers nothing."""
        before = self.world.exchange
        self.world.exchange = Exchange(
            calls=self.world.store,
            numbers=before._numbers,
            performers=self.world.performers,
            clock=virtual_now,
            on_change=self.world.changes.append,
            capacity=self.world.capacity,
            new_id=self.world.store.new_id,
        )

    async def calls(self, wacid: str) -> CallId:
        """A customer calls now."""
        await self.world.exchange.deliver(offered(Wacid(wacid), age_s=0.001))
        await settle()
        return self.world.only(Wacid(wacid)).id

    async def customer_hangs_up_of(self, wacid: str) -> None:
        await self.world.exchange.deliver(terminated(Wacid(wacid)))
        await settle()

    async def happens(self, call: CallId, *events: Any) -> None:
        for event in events:
            assert self.world.exchange.tell(call, event)
            await settle()

    async def told(self, call: CallId) -> list[str]:
        """Events of the call, each text with its kind."""
        words = []
        for event in await self.events(call):
            text = event["data"].get("text")
            words.append(event["type"] if text is None else f"{event['type']} {text['kind']}")
        return words

    async def events(self, call: CallId) -> list[dict[str, Any]]:
        query = select(OutboxEventRow).where(OutboxEventRow.stream == f"call:{call}")

        def work(session: Session) -> list[dict[str, Any]]:
            rows = session.exec(query.order_by(col(OutboxEventRow.id)))
            return [event_told(session, row).model_dump(mode="json") for row in rows]

        return await self.database.read(work)


Play = Callable[[Callable[[TextsWorld], Awaitable[None]], Plan], None]
GREETED = ["call.offered", "text.due greeting"]


@pytest.fixture
def play(sqlite_url: str) -> Play:
    def run_it(scenario: Callable[[TextsWorld], Awaitable[None]], plan: Plan = WITH_TEXTS) -> None:
        async def run() -> None:
            world = TextsWorld(sqlite_url)
            await world.open()
            await world.write(plan)
            await scenario(world)
            await world.world.exchange.stop()
            world.database.close_now()

        run_in_virtual_time(run())

    return run_it


def test_the_greeting_is_due_once_when_the_call_begins_whoever_answers_and_whatever_is_heard_later(play: Play) -> None:
    async def scenario(world: TextsWorld) -> None:
        call = await world.calls("wacid.A")
        assert (world.step, await world.told(call)) == (RING, GREETED), "before anything is heard"
        (_, event) = await world.events(call)
        assert event["sequence"] == 2
        assert event["data"]["text"] == {"kind": "greeting", "language": "pt-BR", "text": "Olá! Já atendemos."}
        told = event["data"]["call"]
        assert (told["call_id"], told["number"]["id"]) == (call, world.number)
        assert told["customer"]["phone"] == "5511955550101"
        await world.pass_s(RING_S)
        assert world.heard[0] == ("greeting",), "the voice comes when nobody has answered"
        await world.happens(call, DigitPressed("1"), AgentAnswered(ANA.id, SEAT_A))
        await world.customer_hangs_up_of("wacid.A")
        assert await world.told(call) == [*GREETED, "call.answered", "call.ended"]

    play(scenario, WITH_TEXTS)


def test_within_the_minutes_of_the_greeting_its_text_is_not_due_again_also_after_a_restart(play: Play) -> None:
    async def scenario(world: TextsWorld) -> None:
        for wacid, waits_s, due in (
            ("wacid.A", 0, True),
            ("wacid.B", 29 * 60, False),
            ("wacid.C", 59, False),
            ("wacid.D", 1, True),
        ):
            await world.pass_s(waits_s)
            if wacid == "wacid.C":
                world.start()
            call = await world.calls(wacid)
            assert ("text.due greeting" in await world.told(call)) is due, wacid
            if wacid != "wacid.B":
                await world.customer_hangs_up_of(wacid)

    play(scenario, WITH_TEXTS)


def test_out_of_hours_it_is_due_whether_the_call_is_rejected_or_led_on_and_no_greeting_is(play: Play) -> None:
    async def scenario(world: TextsWorld) -> None:
        await world.write_hours(ALWAYS_CLOSED)
        led_on = await world.calls("wacid.A")
        assert world.state is State.WAITING
        assert await world.told(led_on) == ["call.offered", "text.due out_of_hours"]
        await world.customer_hangs_up_of("wacid.A")

        await world.write(replace(WITH_TEXTS, closed=None))
        rejected = await world.calls("wacid.B")
        assert "RejectCall" in world.world.names()
        (_, due, *_) = await world.events(rejected)
        assert due["data"]["text"] == {"kind": "out_of_hours", "language": "pt-BR", "text": "Abrimos às 9 h."}
        await world.customer_hangs_up_of("wacid.B")
        ended = ["call.offered", "text.due out_of_hours", "call.failed", "call.ended"]
        assert await world.told(rejected) == ended
        assert world.world.only(Wacid("wacid.B")).accepted_at is None

        await world.write(replace(WITH_TEXTS, closed=None, texts=replace(TEXTS, once_in_min=60)))
        for wacid, waits_s, is_due in (("wacid.C", 0, True), ("wacid.D", 3_599, False), ("wacid.E", 1, True)):
            await world.pass_s(waits_s)
            call = await world.calls(wacid)
            assert ("text.due out_of_hours" in await world.told(call)) is is_due, wacid

    play(scenario, WITH_TEXTS)


def test_it_is_due_with_every_transfer_that_is_announced_and_not_when_a_colleague_was_asked_first(play: Play) -> None:
    async def scenario(world: TextsWorld) -> None:
        call = await world.calls("wacid.A")
        await world.happens(call, AgentAnswered(ANA.id, SEAT_A), TransferAsked(ANA.id, to_agent=BIA.id))
        await world.happens(call, AgentAnswered(BIA.id, SEAT_B), TransferAsked(BIA.id, to_agent=ANA.id))
        transfers = ["text.due transfer"] * 2
        assert await world.told(call) == [*GREETED, "call.answered", *transfers]
        await world.happens(call, AgentAnswered(ANA.id, SEAT_A), ConsultAsked(ANA.id, BIA.id))
        await world.happens(call, ConsultAnswered(BIA.id, SEAT_B), ConsultHandedOver(ANA.id), AgentHungUp(BIA.id))
        await world.customer_hangs_up_of("wacid.A")
        events = await world.events(call)
        assert await world.told(call) == [*GREETED, "call.answered", *transfers, "call.ended"]
        assert [event["sequence"] for event in events] == [1, 2, 3, 4, 5, 6]

    play(scenario, WITH_TEXTS)


def test_a_call_that_is_not_taken_makes_nothing_due_nor_does_one_that_meta_has_given_up(play: Play) -> None:
    async def scenario(world: TextsWorld) -> None:
        await world.rows.set_inbound(PNID, False)
        await world.write_hours(ALWAYS_CLOSED)
        refused = await world.calls("wacid.A")
        await world.write_hours(None)
        await world.rows.set_inbound(PNID, True)
        await world.pass_s(DAY_S)
        await world.world.exchange.deliver(offered(Wacid("wacid.B"), age_s=61))
        await settle()
        given_up = world.world.only(Wacid("wacid.B")).id
        for call in (refused, given_up):
            assert not [word for word in await world.told(call) if word.startswith("text.")]

    play(scenario, WITH_TEXTS)
