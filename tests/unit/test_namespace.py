"""The Socket.IO edge over a real server: who may connect, and what becomes of messages that are not right."""

import asyncio
import base64
import hmac
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import socketio
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.socket_server import socket_server
from gateway.turn import TurnRelays
from signaling.agents.contract import MESSAGE_LIMIT_BYTES, SDP_LIMIT_CHARS, Ack, Message, Refusal
from signaling.agents.namespace import AgentNamespace, RelaysFor, SignedIn, no_relays
from signaling.ports import Agent
from signaling.private import Token
from tests.fakes.world import ANA

COOKIE = "session=ana"
TAB = {"tab_id": "tab-12345678"}
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PATIENCE_S = 10.0


@dataclass
class RecordingDesk:
    """Understands everything and does nothing."""

    commands: list[tuple[str, Message]] = field(default_factory=list)
    connections: list[tuple[Agent, str]] = field(default_factory=list)
    renewals: list[Agent] = field(default_factory=list)
    was_renewed: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    def connected(self, sid: str, agent: Agent, tab_id: str) -> None:
        self.connections.append((agent, tab_id))

    def renewed(self, sid: str, agent: Agent) -> None:
        self.renewals.append(agent)
        self.was_renewed.set()

    def disconnected(self, sid: str) -> None:
        self.gone.set()

    async def command(self, sid: str, name: str, message: Message) -> Ack:
        self.commands.append((name, message))
        return Ack(ok=True, understood=name)


@asynccontextmanager
async def serving(
    lives_s: float = 3600.0,
    recheck_s: float = 3600.0,
    users: dict[str, Agent] | None = None,
    relays_for: RelaysFor = no_relays,
) -> AsyncIterator[tuple[str, RecordingDesk]]:
    """A server where COOKIE is the session of Ana, or of `users["ana"]`, who may change or be gone."""
    known = users if users is not None else {"ana": ANA}

    async def authenticate(environ: Mapping[str, Any]) -> SignedIn | None:
        if (ana := known.get("ana")) is None or environ.get("HTTP_COOKIE") != COOKIE:
            return None
        return SignedIn(ana, NOW + timedelta(seconds=lives_s))

    namespace = AgentNamespace(authenticate, lambda: NOW, relays_for, recheck_s)
    desk = RecordingDesk()
    namespace.desk = desk
    app = web.Application()
    socket_server(namespace).attach(app)
    async with TestServer(app) as server:
        yield str(server.make_url("/")), desk


@asynccontextmanager
async def connected(
    url: str, cookie: str | None = COOKIE, auth: object = TAB
) -> AsyncIterator[tuple[socketio.AsyncClient, asyncio.Event]]:
    client = socketio.AsyncClient(reconnection=False)
    closed = asyncio.Event()
    client.on("disconnect", lambda *_: closed.set())
    await client.connect(url, headers={"Cookie": cookie} if cookie else {}, auth=auth, transports=["websocket"])
    try:
        yield client, closed
    finally:
        await client.disconnect()


async def test_a_page_gets_the_relays_of_its_agent_until_the_session_ends() -> None:
    told: asyncio.Future[object] = asyncio.get_running_loop().create_future()
    async with serving(lives_s=60, relays_for=TurnRelays(("turn:turn.example",), Token("north"))) as (url, _):
        client = socketio.AsyncClient(reconnection=False)
        client.on("relays", told.set_result)
        await client.connect(url, headers={"Cookie": COOKIE}, auth=TAB, transports=["websocket"])
        async with asyncio.timeout(PATIENCE_S):
            relays = await told
        await client.disconnect()
    username = f"{int((NOW + timedelta(seconds=60)).timestamp())}:{ANA.id}"
    # coturn computes the same: base64(hmac(sha1, secret, username))
    password = base64.b64encode(hmac.digest(b"north", username.encode(), "sha1")).decode()
    assert relays == {"urls": ["turn:turn.example"], "username": username, "credential": password}


async def test_without_a_session_nobody_connects() -> None:
    async with serving() as (url, desk):
        for cookie in (None, "session=somebody-else"):
            with pytest.raises(socketio.exceptions.ConnectionError):
                async with connected(url, cookie):
                    pass
        assert desk.connections == []


@pytest.mark.parametrize(
    "auth", [None, {}, {"tab_id": "short"}, {"tab_id": "x" * 65}, {"tab_id": 7}, {**TAB, "role": "x"}]
)
async def test_a_page_that_does_not_say_which_tab_it_is_is_refused(auth: object) -> None:
    async with serving() as (url, desk):
        with pytest.raises(socketio.exceptions.ConnectionError):
            async with connected(url, auth=auth):
                pass
        assert desk.connections == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("call.answer", None),
        ("call.answer", {}),
        ("call.answer", {"call_id": "not-an-id"}),
        ("call.answer", {"call_id": "0" * 32, "agent": 2}),
        ("call.answer", ["0" * 32]),
        ("call.mute", {"call_id": "0" * 32, "muted": "yes"}),
        ("availability.set", {"availability": "free"}),
        ("audio.report", {"microphone": "ok", "sound_unlocked": 1}),
        ("seat.offer", {"sdp": "v" * (SDP_LIMIT_CHARS + 1)}),
        ("seat.offer", {"sdp": {"type": "offer"}}),
    ],
)
async def test_a_malformed_message_is_answered_and_changes_nothing(name: str, message: object) -> None:
    async with serving() as (url, desk), connected(url) as (client, closed):
        answer = await client.call(name, message, timeout=PATIENCE_S)
        assert answer == {"ok": False, "understood": name, "why": Refusal.BAD_MESSAGE.value, "who": None}
        assert desk.commands == []
        assert not closed.is_set()


@pytest.mark.parametrize(
    "name", ["call.steal", "connect_error", "emit_message", "_connect", "__init__", "trigger_event"]
)
async def test_no_remote_name_picks_a_method(name: str) -> None:
    async with serving() as (url, desk), connected(url) as (client, _):
        answer = await client.call(name, {}, timeout=PATIENCE_S)
        assert (answer["ok"], answer["why"]) == (False, Refusal.UNKNOWN_COMMAND.value)
        assert desk.commands == []


async def test_a_good_message_is_acknowledged_with_what_was_understood() -> None:
    async with serving() as (url, desk), connected(url) as (client, _):
        answer = await client.call("call.decline", {"call_id": "a" * 32}, timeout=PATIENCE_S)
        assert answer == {"ok": True, "understood": "call.decline", "why": None, "who": None}
        assert [name for name, _ in desk.commands] == ["call.decline"]
        assert desk.connections == [(ANA, TAB["tab_id"])]


async def test_an_oversized_message_ends_that_connection_only() -> None:
    async with serving() as (url, desk), connected(url) as (client, _), connected(url) as (other, other_closed):
        await client.emit("seat.offer", {"sdp": "v" * MESSAGE_LIMIT_BYTES})
        async with asyncio.timeout(PATIENCE_S):
            await desk.gone.wait()
        assert desk.commands == []
        answer = await other.call("call.decline", {"call_id": "a" * 32}, timeout=PATIENCE_S)
        assert answer["ok"]
        assert not other_closed.is_set()


async def test_a_session_that_ends_cuts_its_socket() -> None:
    async with serving(lives_s=0.2) as (url, _), connected(url) as (_, closed):
        async with asyncio.timeout(PATIENCE_S):
            await closed.wait()


async def test_a_user_who_is_changed_is_seen_so_and_one_who_is_disabled_loses_the_socket() -> None:
    users = {"ana": ANA}
    async with serving(recheck_s=0.05, users=users) as (url, desk), connected(url) as (_, closed):
        users["ana"] = replace(ANA, may_take_inbound=False)
        async with asyncio.timeout(PATIENCE_S):
            while not desk.renewals or desk.renewals[-1] != users["ana"]:
                desk.was_renewed.clear()
                await desk.was_renewed.wait()
        del users["ana"]
        async with asyncio.timeout(PATIENCE_S):
            await closed.wait()
            await desk.gone.wait()
