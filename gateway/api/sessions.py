"""Who is signed in: a signed, expiring token in a cookie, checked again in the store whenever it is used.

The token (HS256) says who, in which role and from which epoch of the user's sessions; the store has the last word, so
that disabling a user, changing a role or revoking sessions takes effect within `RECHECK_S`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any, Final
from uuid import uuid4

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.api.errors import not_signed_in, session_expired
from gateway.api.requests import is_same_origin
from gateway.api.session_cookies import COOKIES, SessionKind, session_token
from signaling.agents.namespace import SignedIn
from signaling.ids import AgentId
from signaling.ports import Agent, AgentStore, Clock
from signaling.private import Token

ALGORITHM: Final = "HS256"
CLAIMS: Final = ("sub", "role", "epoch", "iat", "exp", "jti", "aud")
RECHECK_S: Final = 5.0
LATELY_S: Final = 60.0
LONGEST_TOKEN_CHARS: Final = 2_048


@dataclass(frozen=True, slots=True)
class AskedFrom:
    """What a request's headers tell of who asks: `Cookie`, `Sec-Fetch-Site`, `Origin`, `Host`."""

    cookies: str | None
    fetch_site: str | None
    origin: str | None
    host: str | None

    def is_same_origin(self, public_url: str) -> bool:
        return is_same_origin(self.fetch_site, self.origin, self.host, public_url)


@dataclass(frozen=True, slots=True)
class IssuedSession:
    token: Token
    expires_at: datetime


class Sessions:
    """Issues sessions and tells whose they are. The first secret key signs; every one of them is accepted."""

    def __init__(
        self,
        secret_keys: Sequence[Token],
        agents: AgentStore,
        clock: Clock,
        lifetime: timedelta,
        public_url: str,
        *,
        takes_frames: bool = False,
    ) -> None:
        """`takes_frames`: other sites may show our panel, and sessions of their frames count."""
        self._keys = [_session_key(key) for key in secret_keys]
        self._agents, self._clock = agents, clock
        self.lifetime, self._public_url, self.takes_frames = lifetime, public_url, takes_frames
        self._known: dict[AgentId, tuple[datetime, Agent | None]] = {}
        self._asked_at: dict[AgentId, datetime] = {}
        self._asking: asyncio.Task[None] | None = None

    def issue(self, agent: Agent, kind: SessionKind = SessionKind.OWN_PAGE) -> IssuedSession:
        now = self._clock().replace(microsecond=0)  # a token has whole seconds
        expires_at = now + self.lifetime
        claims = {
            "sub": str(agent.id),
            "role": agent.role,
            "epoch": agent.session_epoch,
            "iat": int(now.timestamp()),
            "exp": int(expires_at.timestamp()),
            "jti": uuid4().hex,
            "aud": kind.value,
        }
        return IssuedSession(Token(jwt.encode(claims, self._keys[0], ALGORITHM)), expires_at)

    async def agent_of_cookie(self, cookie_header: str | None) -> SignedIn | None:
        """Whose session of our own pages a `Cookie` header carries and until when; None: nobody's. Raises
        NeighbourError."""
        token = session_token(cookie_header)
        return None if token is None else await self.agent_of_token(token)

    async def agent_of_token(self, token: Token, kind: SessionKind = SessionKind.OWN_PAGE) -> SignedIn | None:
        claims = self._claims(token, kind)
        if claims is None:
            return None
        agent = await self._agent(AgentId(int(claims["sub"])))
        if agent is None or claims["role"] != agent.role or claims["epoch"] != agent.session_epoch:
            return None
        return SignedIn(agent, datetime.fromtimestamp(claims["exp"], UTC))

    def carried(self, asked: AskedFrom) -> tuple[Token, SessionKind] | None:
        """The token that a request brings; None: none that counts.

        A browser sends a frame's cookie also with what the page around the frame asks for: it counts only where a page
        of ours asks, whatever the method.
        """
        kinds = [SessionKind.OWN_PAGE]
        if self.takes_frames and asked.is_same_origin(self._public_url):
            kinds.append(SessionKind.FRAME)
        for kind in kinds:
            if (token := session_token(asked.cookies, COOKIES[kind])) is not None:
                return token, kind
        return None

    async def authenticate(self, environ: Mapping[str, Any]) -> SignedIn | None:
        """The same for a Socket.IO connection, which other sites' pages may not open (`Authenticate` there)."""
        asked = AskedFrom(*(environ.get(f"HTTP_{name}") for name in ("COOKIE", "SEC_FETCH_SITE", "ORIGIN", "HOST")))
        if not asked.is_same_origin(self._public_url):
            return None
        carried = self.carried(asked)
        return None if carried is None else await self.agent_of_token(*carried)

    def forget(self, agent: AgentId) -> None:
        """Ask the store the next time: this user has just changed."""
        self._known.pop(agent, None)

    def _claims(self, token: Token, kind: SessionKind) -> dict[str, Any] | None:
        """What a token of ours says, if it is not over; None for anything else."""
        if len(token.value) > LONGEST_TOKEN_CHARS:
            return None
        for key in self._keys:
            try:
                claims = jwt.decode(
                    token.value,
                    key,
                    algorithms=[ALGORITHM],
                    audience=kind.value,
                    # Times are checked below, by the clock we were given.
                    options={"require": list(CLAIMS), "verify_exp": False, "verify_iat": False, "verify_nbf": False},
                )
            except jwt.InvalidTokenError:
                continue
            return claims if claims["exp"] > self._clock().timestamp() else None
        return None

    async def _agent(self, agent_id: AgentId) -> Agent | None:
        """Only ids that we have signed come here: as many as there are users."""
        self._asked_at[agent_id] = self._clock()
        while True:
            if self._age_s(agent_id, self._clock()) < RECHECK_S:
                return self._known[agent_id][1]
            if self._asking is None:
                self._asking = asyncio.create_task(self._ask(), name="sessions-ask")
            await asyncio.shield(self._asking)

    async def _ask(self) -> None:
        """For all whom we do not know; and when somebody is due, for everybody who was here lately: a thousand open
        pages are one question, not a thousand."""
        try:
            await asyncio.sleep(0)  # whoever comes in this turn of the loop is among them
            now = self._clock()
            self._asked_at = {
                agent: at for agent, at in self._asked_at.items() if abs((now - at).total_seconds()) < LATELY_S
            }
            ages_s = {agent: self._age_s(agent, now) for agent in self._asked_at}
            is_due = any(RECHECK_S <= age_s < inf for age_s in ages_s.values())
            wanted = [agent for agent, age_s in ages_s.items() if age_s >= (RECHECK_S / 2 if is_due else inf)]
            found = await self._agents.by_ids(wanted)
            known = {agent: who for agent, who in self._known.items() if agent in ages_s}
            self._known = {**known, **{agent: (now, found.get(agent)) for agent in wanted}}
        finally:
            self._asking = None

    def _age_s(self, agent: AgentId, now: datetime) -> float:
        """How old what we know of this agent is; infinite: nothing."""
        known = self._known.get(agent)
        return inf if known is None else abs((now - known[0]).total_seconds())


async def signed_in(request: web.Request, sessions: Sessions) -> SignedIn:
    """Who asks. Raises ApiError: 401 not_signed_in, 401 session_expired."""
    headers = request.headers
    asked = AskedFrom(headers.get("Cookie"), headers.get("Sec-Fetch-Site"), headers.get("Origin"), request.host)
    carried = sessions.carried(asked)
    if carried is None:
        raise not_signed_in()
    who = await sessions.agent_of_token(*carried)
    if who is None:
        raise session_expired()
    return who


def _session_key(secret: Token) -> bytes:
    """A key for sessions alone: the secret also encrypts numbers' tokens (RFC 5869)."""
    return HKDF(SHA256(), length=32, salt=None, info=b"ramal session v1").derive(secret.value.encode())
