"""The webhook address over real HTTP: what is taken is stored first, handled after; what is refused changes nothing."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from structlog.testing import capture_logs

from signaling.errors import Failure, Fault, NeighbourError
from signaling.events import CallOffered, CallTerminated, CustomerWrote, WebhookEvent
from signaling.ids import PhoneNumberId
from signaling.meta import receiver as receiver_module
from signaling.meta.receiver import BODY_LIMIT_BYTES, PATH, WebhookReceiver, webhook_routes
from signaling.ports import Delivery
from signaling.private import Token
from tests.unit.meta.payloads import NUMBER, after, body, content, private_words

SECRET, SECOND_SECRET, VERIFY_TOKEN = Token("app secret"), Token("second app's secret"), Token("verify")
CONNECT = body("webhook_calls_connect_uic_bsuid.json")
AWAY = NeighbourError(Failure("store.away", Fault.NETWORK, retry_after_s=1.0))
REFUSED = NeighbourError(Failure("store.refused", Fault.OURS))
NOW = after(1)
EVENTS_AT_ONCE = 8

Client = TestClient[web.Request, web.Application]


class FakeDeliveries:
    """Keeps deliveries in memory. `away`: errors to raise, one for each call, before working again."""

    def __init__(self, page: int = 1_000) -> None:
        self.page = page
        self.kept: list[Delivery] = []
        self.handled_ids: list[int] = []
        self.away: list[NeighbourError] = []
        self._changed = asyncio.Condition()

    async def keep(self, body: bytes, received_at: datetime) -> Delivery:
        self._fail()
        delivery = Delivery(len(self.kept) + 1, received_at, body)
        self.kept.append(delivery)
        return delivery

    async def handled(self, delivery_id: int, at: datetime) -> None:
        self._fail()
        self.handled_ids.append(delivery_id)
        async with self._changed:
            self._changed.notify_all()

    async def unhandled(self) -> list[Delivery]:
        self._fail()
        return [delivery for delivery in self.kept if delivery.id not in self.handled_ids][: self.page]

    async def handled_all(self, count: int) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.handled_ids) >= count)

    def _fail(self) -> None:
        if self.away:
            raise self.away.pop(0)


class Handler:
    """Records events. `answers`: what happens to the first events, one each; `gate` holds everybody back."""

    def __init__(self) -> None:
        self.events: list[WebhookEvent] = []
        self.answers: list[BaseException | None] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.entered, self.crowded = asyncio.Event(), asyncio.Event()
        self.at_once = self.most_at_once = 0

    async def __call__(self, event: WebhookEvent) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.entered.set()
        if self.at_once == EVENTS_AT_ONCE:
            self.crowded.set()
        try:
            await self.gate.wait()
            answer = self.answers.pop(0) if self.answers else None
            if answer is not None:
                raise answer
            self.events.append(event)
        finally:
            self.at_once -= 1


class Rests:
    """Sleeps that end when the test says so."""

    def __init__(self) -> None:
        self.asked_s: list[float] = []
        self.begun = asyncio.Event()
        self.over = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.asked_s.append(seconds)
        self.begun.set()
        await self.over.wait()


class World:
    def __init__(self, deliveries: FakeDeliveries | None = None) -> None:
        self.deliveries = deliveries or FakeDeliveries()
        self.handler, self.rests = Handler(), Rests()
        self.ours = {NUMBER}
        self.number_errors: list[Exception] = []
        self.receiver = WebhookReceiver(
            self.deliveries,
            [SECRET, SECOND_SECRET],
            VERIFY_TOKEN,
            self.knows,
            self.handler,
            lambda: NOW,
            sleep=self.rests,
            events_at_once=EVENTS_AT_ONCE,
        )

    async def knows(self, number: PhoneNumberId) -> bool:
        if self.number_errors:
            raise self.number_errors.pop(0)
        return number in self.ours

    @asynccontextmanager
    async def served(self) -> AsyncIterator[Client]:
        app = web.Application()
        app.add_routes(webhook_routes(self.receiver))
        await self.receiver.start()
        async with TestClient(TestServer(app)) as client:
            yield client
        await self.receiver.stop(grace_s=0)


def signed(raw: bytes, secret: Token = SECRET) -> dict[str, str]:
    digest = hmac.new(secret.value.encode(), raw, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}", "Content-Type": "application/json"}


async def post(client: Client, raw: bytes, secret: Token = SECRET) -> ClientResponse:
    return await client.post(PATH, data=raw, headers=signed(raw, secret))


async def code_of(response: ClientResponse) -> str:
    """The code of a typed error, which has these two fields and says nothing private."""
    answer: Any = await response.json()
    assert set(answer["error"]) == {"code", "message"}
    assert not {word for word in private_words() if word in await response.text()}
    code: str = answer["error"]["code"]
    return code


def batch(calls: list[dict[str, Any]], number: str = NUMBER) -> bytes:
    value = {"metadata": {"display_phone_number": "551133330000", "phone_number_id": number}, "calls": calls}
    return json.dumps({"entry": [{"id": "0", "changes": [{"field": "calls", "value": value}]}]}).encode()


def connect(wacid: str) -> dict[str, Any]:
    call: dict[str, Any] = content("webhook_calls_connect_uic.json")["entry"][0]["changes"][0]["value"]["calls"][0]
    return {**call, "id": wacid}


def terminate(wacid: str) -> dict[str, Any]:
    call: dict[str, Any] = content("webhook_calls_terminate_uic_missed.json")["entry"][0]["changes"][0]["value"][
        "calls"
    ][0]
    return {**call, "id": wacid}


async def test_the_handshake_answers_the_challenge_as_plain_text() -> None:
    world = World()
    query = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": VERIFY_TOKEN.value}
    async with world.served() as client:
        right = await client.get(PATH, params=query)
        assert (right.status, right.content_type, await right.text()) == (200, "text/plain", "1158201444")
        wrong = await client.get(PATH, params={**query, "hub.verify_token": "guess"})
        assert (wrong.status, await code_of(wrong)) == (403, "bad_verify_token")


async def test_a_delivery_is_stored_answered_and_then_handled() -> None:
    world = World()
    world.handler.gate.clear()
    async with world.served() as client:
        response = await post(client, CONNECT)
        assert response.status == 200
        assert [(kept.body, kept.received_at) for kept in world.deliveries.kept] == [(CONNECT, NOW)]
        assert world.handler.events == []  # answered while the handling has not even ended
        world.handler.gate.set()
        await world.deliveries.handled_all(1)
    assert [type(event) for event in world.handler.events] == [CallOffered]
    assert world.receiver.figures["handled"] == world.receiver.figures["accepted"] == 1


async def test_the_apps_may_sign_with_different_secrets() -> None:
    world = World()
    async with world.served() as client:
        assert (await post(client, CONNECT, SECOND_SECRET)).status == 200


@pytest.mark.parametrize("headers", [{}, {"X-Hub-Signature-256": "sha256=00"}, signed(CONNECT, Token("guess"))])
@pytest.mark.parametrize("raw", [CONNECT, b"not even json", b"x" * 100_000])
async def test_without_the_right_signature_nothing_is_parsed_or_stored(headers: dict[str, str], raw: bytes) -> None:
    world = World()
    async with world.served() as client:
        response = await client.post(PATH, data=raw, headers=headers)
        assert (response.status, await code_of(response)) == (401, "bad_signature")
    assert world.deliveries.kept == []
    assert world.receiver.figures["refused.bad_signature"] == 1


@pytest.mark.parametrize("raw", [b"", b"{", b"[17]"[:-1], b'{"entry_": 1}', b"[" * 100_000])
async def test_a_signed_body_that_is_no_delivery_is_a_bad_request(raw: bytes) -> None:
    world = World()
    async with world.served() as client:
        response = await post(client, raw)
        assert (response.status, await code_of(response)) == (400, "bad_json")
    assert world.deliveries.kept == []


async def test_the_largest_body_that_meta_may_send_is_taken() -> None:
    world = World()
    async with world.served() as client:
        assert (await post(client, CONNECT.ljust(BODY_LIMIT_BYTES))).status == 200
        await world.deliveries.handled_all(1)
    assert [type(event) for event in world.handler.events] == [CallOffered]


async def test_a_larger_body_is_refused_whether_or_not_it_says_its_length() -> None:
    world = World()
    raw = CONNECT.ljust(BODY_LIMIT_BYTES + 1)

    async def in_chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(raw), 65_536):
            yield raw[start : start + 65_536]

    async with world.served() as client:
        told = await client.post(PATH, data=raw, headers=signed(raw))
        assert (told.status, await code_of(told)) == (413, "too_large")
        untold = await client.post(PATH, data=in_chunks(), headers=signed(raw))
        assert (untold.status, await code_of(untold)) == (413, "too_large")
    assert world.deliveries.kept == []


async def test_a_compressed_body_is_refused() -> None:
    world = World()
    async with world.served() as client:
        response = await client.post(PATH, data=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
        assert (response.status, await code_of(response)) == (415, "bad_encoding")


async def test_a_body_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver_module, "READ_WITHIN_S", 0.01)
    world = World()
    never = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"{"
        await never.wait()

    async with world.served() as client:
        response = await client.post(PATH, data=endless())
        assert (response.status, await code_of(response)) == (408, "too_slow")


async def test_a_body_that_breaks_off_is_not_stored() -> None:
    world = World()
    async with world.served() as client:
        assert client.server.port is not None
        reader, writer = await asyncio.open_connection(client.server.host, client.server.port)
        head = f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(CONNECT)}\r\n"
        head += f"X-Hub-Signature-256: {signed(CONNECT)['X-Hub-Signature-256']}\r\n\r\n"
        writer.write(head.encode() + CONNECT[:100])
        writer.write_eof()
        await reader.read()
        writer.close()
        assert (await post(client, CONNECT)).status == 200
    assert [kept.body for kept in world.deliveries.kept] == [CONNECT]


async def test_a_delivery_for_numbers_that_are_not_ours_is_refused() -> None:
    world = World()
    async with world.served() as client:
        response = await post(client, batch([connect("wacid.A")], number="999"))
        assert (response.status, await code_of(response)) == (404, "unknown_number")
    assert world.deliveries.kept == []


async def test_of_a_mixed_delivery_only_our_numbers_events_are_handled() -> None:
    world = World()
    async with world.served() as client:
        assert (await post(client, body("webhook_batch_mixed.json"))).status == 200
        await world.deliveries.handled_all(1)
    assert len(world.handler.events) == 4
    assert {getattr(event, "number", None) for event in world.handler.events} == {NUMBER}
    assert world.receiver.figures["events.unknown_number"] == 1


async def test_news_of_the_account_belongs_to_no_number_and_is_handled() -> None:
    world = World()
    world.ours = set()
    async with world.served() as client:
        assert (await post(client, body("webhook_account_update_restriction_bic.json"))).status == 200
        await world.deliveries.handled_all(1)


def chat() -> bytes:
    delivery = content("webhook_messages_voicemail.json")
    delivery["entry"][0]["changes"][0]["value"]["messages"][0].update(type="text", text={"body": "Olá, aqui é a Maria"})
    return json.dumps(delivery).encode()


async def test_of_chat_only_the_time_is_heard_and_nothing_is_kept() -> None:
    world = World()
    async with world.served() as client:
        assert (await post(client, chat())).status == 200
        assert [type(event) for event in world.handler.events] == [CustomerWrote]
    assert world.deliveries.kept == []


async def test_when_the_time_of_a_chat_cannot_be_kept_meta_is_asked_to_come_again() -> None:
    world = World()
    world.handler.answers.append(AWAY)
    async with world.served() as client:
        assert (await post(client, chat())).status == 503
        assert (await post(client, chat())).status == 200
    assert len(world.handler.events) == 1
    assert world.deliveries.kept == []


@pytest.mark.parametrize("where", ["store", "numbers"])
async def test_while_the_store_is_away_meta_is_asked_to_come_again(where: str) -> None:
    world = World()
    async with world.served() as client:
        (world.deliveries.away if where == "store" else world.number_errors).append(AWAY)
        response = await post(client, CONNECT)
        assert (response.status, await code_of(response)) == (503, "unavailable")
        assert response.headers["Retry-After"] == "5"
        assert (await post(client, CONNECT)).status == 200
        await world.deliveries.handled_all(1)


async def test_what_a_crash_left_between_storing_and_handling_is_handled_by_the_next_start() -> None:
    before = World()
    before.handler.gate.clear()
    async with before.served() as client:
        assert (await post(client, CONNECT)).status == 200
        await before.handler.entered.wait()
    assert before.deliveries.handled_ids == []

    after_restart = World(before.deliveries)
    async with after_restart.served():
        await after_restart.deliveries.handled_all(1)
    assert [type(event) for event in after_restart.handler.events] == [CallOffered]
    assert after_restart.receiver.figures["recovered"] == 1


async def test_a_start_recovers_page_after_page_until_nothing_is_left() -> None:
    deliveries = FakeDeliveries(page=2)
    for index in range(5):
        await deliveries.keep(batch([connect(f"wacid.{index}")]), NOW)
    await deliveries.keep(b"kept by a version that understood it", NOW)
    await deliveries.keep(batch([connect("wacid.A")], number="999"), NOW)  # the number was deleted since
    world = World(deliveries)
    async with world.served():
        await deliveries.handled_all(7)
    assert len(world.handler.events) == 5


async def test_a_stored_delivery_that_breaks_us_is_tried_once_a_start_and_stays() -> None:
    deliveries = FakeDeliveries()
    await deliveries.keep(CONNECT, NOW)
    await deliveries.keep(batch([connect("wacid.A")]), NOW)
    world = World(deliveries)
    world.number_errors = [RuntimeError("5511955550101")]
    with capture_logs() as logs:
        async with world.served():
            assert world.receiver._recovery is not None
            await world.receiver._recovery
    assert deliveries.handled_ids == [2]
    assert "webhook_handling_broke" in {line["event"] for line in logs}
    assert "5511955550101" not in repr(logs)


async def test_a_start_waits_for_a_store_that_is_away() -> None:
    deliveries = FakeDeliveries()
    await deliveries.keep(CONNECT, NOW)
    deliveries.away = [AWAY]
    world = World(deliveries)
    async with world.served():
        await world.rests.begun.wait()
        world.rests.over.set()
        await deliveries.handled_all(1)
    assert len(world.handler.events) == 1


async def test_a_thousand_items_are_handled_a_few_at_a_time() -> None:
    world = World()
    world.handler.gate.clear()
    async with world.served() as client:
        assert (await post(client, batch([connect(f"wacid.{index}") for index in range(1_000)]))).status == 200
        await world.handler.crowded.wait()
        world.handler.gate.set()
        await world.deliveries.handled_all(1)
    assert len(world.handler.events) == 1_000
    assert world.handler.most_at_once == EVENTS_AT_ONCE


async def test_events_of_one_call_stay_in_order_and_hold_up_nobody_else() -> None:
    world = World()
    world.handler.answers = [AWAY]  # the first event of the first call
    calls = [connect("wacid.A"), terminate("wacid.A"), connect("wacid.B"), terminate("wacid.B")]
    async with world.served() as client:
        assert (await post(client, batch(calls))).status == 200
        await world.rests.begun.wait()
        assert [(type(event), name_of(event)) for event in world.handler.events] == [
            (CallOffered, "wacid.B"),
            (CallTerminated, "wacid.B"),
        ]
        assert world.deliveries.handled_ids == []
        world.rests.over.set()
        await world.deliveries.handled_all(1)
    assert [(type(event), name_of(event)) for event in world.handler.events[2:]] == [
        (CallOffered, "wacid.A"),
        (CallTerminated, "wacid.A"),
    ]


def name_of(event: WebhookEvent) -> str:
    assert isinstance(event, CallOffered | CallTerminated)
    return event.wacid.value


async def test_a_neighbour_that_is_away_is_asked_again_and_less_often_each_time() -> None:
    world = World()
    world.handler.answers = [AWAY] * 9
    world.rests.over.set()
    async with world.served() as client:
        assert (await post(client, CONNECT)).status == 200
        await world.deliveries.handled_all(1)
    assert world.rests.asked_s == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


async def test_a_delivery_whose_end_cannot_be_written_is_not_handled_twice() -> None:
    world = World()
    world.rests.over.set()
    async with world.served() as client:
        world.handler.gate.clear()
        assert (await post(client, CONNECT)).status == 200
        world.deliveries.away = [AWAY, AWAY]
        world.handler.gate.set()
        await world.deliveries.handled_all(1)
    assert len(world.handler.events) == 1


async def test_an_event_whose_call_died_under_it_is_delivered_again() -> None:
    world = World()
    world.handler.answers = [asyncio.CancelledError()]
    world.rests.over.set()
    async with world.served() as client:
        assert (await post(client, CONNECT)).status == 200
        await world.deliveries.handled_all(1)
    assert len(world.handler.events) == 1


@pytest.mark.parametrize("error", [ValueError("5511955550101"), KeyError("wacid.HBgN"), REFUSED])
async def test_an_event_that_breaks_is_given_up_and_its_neighbours_are_not(error: Exception) -> None:
    world = World()
    world.handler.answers = [error]
    async with world.served() as client:
        with capture_logs() as logs:
            assert (await post(client, batch([connect("wacid.A"), terminate("wacid.A")]))).status == 200
            await world.deliveries.handled_all(1)
    assert [type(event) for event in world.handler.events] == [CallTerminated]
    assert world.receiver.figures["events.failed"] == 1
    (line,) = [line for line in logs if line["event"] == "event_not_handled"]
    assert line["error"] in ("ValueError", "KeyError", "store.refused")


async def test_a_stop_leaves_what_waits_for_a_neighbour_in_the_store() -> None:
    world = World()
    world.handler.answers = [AWAY]
    async with world.served() as client:
        assert (await post(client, CONNECT)).status == 200
        await world.rests.begun.wait()
        await world.receiver.stop()
        response = await post(client, CONNECT)
        assert (response.status, await code_of(response)) == (503, "busy")
    assert (len(world.deliveries.kept), world.deliveries.handled_ids) == (1, [])


async def test_a_stop_lets_what_is_being_handled_come_to_its_end() -> None:
    world = World()
    world.handler.gate.clear()
    async with world.served() as client:
        assert (await post(client, CONNECT)).status == 200
        await world.handler.entered.wait()
        stopping = asyncio.create_task(world.receiver.stop(grace_s=60))
        await asyncio.sleep(0)
        world.handler.gate.set()
        await stopping
    assert world.deliveries.handled_ids == [1]


async def test_when_too_much_waits_meta_is_asked_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver_module, "DELIVERIES_WAITING", 1)
    world = World()
    world.handler.gate.clear()
    async with world.served() as client:
        assert (await post(client, CONNECT)).status == 200
        response = await post(client, CONNECT)
        assert (response.status, await code_of(response)) == (503, "busy")


Refusal = Callable[[Client], Awaitable[ClientResponse]]


async def test_no_log_line_tells_anything_about_a_person() -> None:
    world = World()
    world.handler.answers = [AWAY, ValueError(CONNECT.decode())]
    world.rests.over.set()
    refused: list[Refusal] = [
        lambda client: post(client, CONNECT, Token("guess")),
        lambda client: post(client, CONNECT[:-2]),
        lambda client: post(client, batch([connect("wacid.A")], number="999")),
        lambda client: client.get(PATH, params={"hub.challenge": "5511955550101"}),
    ]
    with capture_logs() as logs:
        async with world.served() as client:
            for ask in refused:
                assert (await ask(client)).status >= 400
            assert (await post(client, CONNECT)).status == 200
            await world.deliveries.handled_all(1)
    printed = repr(logs)
    assert {line["event"] for line in logs} >= {"webhook_refused", "event_waits", "event_not_handled"}
    assert not {word for word in private_words() if word in printed}
