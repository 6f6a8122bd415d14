"""The Socket.IO edge: who connects, which command it is, and the ack. What commands do is in `desk`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

import socketio
import structlog
from engineio.packet import MESSAGE, Packet

from signaling.agents.contract import COMMANDS, Ack, Hello, Message, Refusal, read_message
from signaling.agents.page_messages import Relays
from signaling.errors import NeighbourError
from signaling.ids import AgentId
from signaling.ports import Agent, Clock

log = structlog.get_logger(__name__)

NAMESPACE: Final = "/"

RECHECK_S: Final = 15.0
"""How long a user who was disabled, or whose grants were changed, keeps an open socket as it was."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who a session cookie stands for, and until when."""

    agent: Agent
    expires_at: datetime


Authenticate = Callable[[Mapping[str, Any]], Awaitable[SignedIn | None]]
"""From a WSGI-like environ (with HTTP_COOKIE and HTTP_ORIGIN) to a session; None refuses the connection."""


RelaysFor = Callable[[AgentId, datetime], Relays | None]
"""TURN servers that an agent's pages may use until then; None: there are none."""


def no_relays(agent: AgentId, until: datetime) -> None:
    """Browsers reach us directly, or not at all."""


class AgentCommands(Protocol):
    """What the namespace needs of the desk."""

    def connected(self, sid: str, agent: Agent, tab_id: str) -> None: ...

    def renewed(self, sid: str, agent: Agent) -> None: ...

    def disconnected(self, sid: str) -> None: ...

    async def command(self, sid: str, name: str, message: Message) -> Ack: ...


class AgentNamespace(socketio.AsyncNamespace):  # type: ignore[misc]  # the library has no types
    """One browser message in, one command out; the ack says whether it was understood."""

    def __init__(
        self,
        authenticate: Authenticate,
        clock: Clock,
        relays_for: RelaysFor = no_relays,
        recheck_s: float = RECHECK_S,
    ) -> None:
        super().__init__(NAMESPACE)
        self._authenticate, self._clock, self._recheck_s = authenticate, clock, recheck_s
        self._relays_for = relays_for
        self._guards: dict[str, asyncio.Task[None]] = {}
        self.desk: AgentCommands | None = None  # set by `attach`, before the server accepts connections

    async def emit_message(self, sid: str, event: str, message_json: str) -> None:
        """Send an event whose message is JSON already, as a Socket.IO packet of type EVENT (protocol 5). `emit` would
        write the JSON anew for each page, and start a task for each."""
        eio_sid = self.server.manager.eio_sid_from_sid(sid, NAMESPACE)
        if eio_sid is not None:
            await self.server.eio.send_packet(eio_sid, Packet(MESSAGE, f'2["{event}",{message_json}]'))

    async def trigger_event(self, event: str, *args: Any) -> object:
        """Overridden so that no remote name can pick a method: every command is looked up in one table."""
        match event, args:
            case "connect", (str(sid), environ, *rest):
                await self._connect(sid, environ, rest[0] if rest else None)
                return None
            case "disconnect", (str(sid), *_):
                self._disconnect(sid)
                return None
            case _, (str(sid), *messages):
                ack = await self._command(sid, event, messages[0] if len(messages) == 1 else None)
                return ack.model_dump(mode="json")
        return None

    async def _connect(self, sid: str, environ: Mapping[str, Any], auth: object) -> None:
        assert self.desk is not None
        signed_in = await self._authenticate(environ)
        if signed_in is None:
            raise _refused(Refusal.SESSION_EXPIRED)
        hello = read_message(Hello, auth)
        if hello is None:
            raise _refused(Refusal.BAD_MESSAGE)
        if (relays := self._relays_for(signed_in.agent.id, signed_in.expires_at)) is not None:
            await self.emit_message(sid, "relays", relays.model_dump_json())
        self.desk.connected(sid, signed_in.agent, hello.tab_id)
        lives_s = max(0.0, (signed_in.expires_at - self._clock()).total_seconds())
        self._guards[sid] = asyncio.create_task(self._guard(sid, environ, lives_s), name=f"session-{sid}")

    async def _guard(self, sid: str, environ: Mapping[str, Any], lives_s: float) -> None:
        """Cut the socket when its session ends: by time, or because the user was disabled or their sessions revoked."""
        assert self.desk is not None
        loop = asyncio.get_running_loop()
        ends_at_s = loop.time() + lives_s
        while (left_s := ends_at_s - loop.time()) > 0:
            await asyncio.sleep(min(left_s, self._recheck_s))
            try:
                signed_in = await self._authenticate(environ)
            except NeighbourError:
                continue  # nobody loses their phone because the database is away
            if signed_in is None:
                break
            if sid in self._guards:  # it may have gone while the store was asked
                self.desk.renewed(sid, signed_in.agent)
        await self.disconnect(sid)

    def _disconnect(self, sid: str) -> None:
        assert self.desk is not None
        guard = self._guards.pop(sid, None)
        if guard is not None and guard is not asyncio.current_task():
            guard.cancel()
        self.desk.disconnected(sid)

    async def _command(self, sid: str, name: str, message: object) -> Ack:
        assert self.desk is not None
        kind = COMMANDS.get(name)
        if kind is None:
            log.warning("unknown_command")
            return Ack(ok=False, understood="", why=Refusal.UNKNOWN_COMMAND)
        if sid not in self._guards:
            return Ack(ok=False, understood=name, why=Refusal.SESSION_EXPIRED)
        command = read_message(kind, {} if message is None else message)
        if command is None:
            log.warning("bad_message", command=name)
            return Ack(ok=False, understood=name, why=Refusal.BAD_MESSAGE)
        return await self.desk.command(sid, name, command)


def _refused(why: Refusal) -> socketio.exceptions.ConnectionRefusedError:
    """Pages read `data.code`; the first argument alone would become a text."""
    return socketio.exceptions.ConnectionRefusedError(why.value, {"code": why.value})
