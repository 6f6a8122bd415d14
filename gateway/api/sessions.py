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
from signaling.agents.namespace import SignedIn
from signaling.ids import AgentId
from signaling.ports import Agent, AgentStore, Clock
from signaling.private import Token

COOKIE: Final = "ramal_session"
AUDIENCE: Final = "ramal"
ALGORITHM: Final = "HS256"
CLAIMS: Final = ("sub", "role", "epoch", "iat", "exp", "jti", "aud")
RECHECK_S: Final = 5.0
LATELY_S: Final = 60.0
LONGEST_TOKEN_CHARS: Final = 2_048


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
    ) -> None:
        self._keys = [_session_key(key) for key in secret_keys]
        self._agents, self._clock = agents, clock
        self.lifetime, self._public_url = lifetime, public_url
        self._known: dict[AgentId, tuple[datetime, Agent | None]] = {}
        self._asked_at: dict[AgentId, datetime] = {}
        self._asking: asyncio.Task[None] | None = None

    def issue(self, agent: Agent) -> IssuedSession:
        now = self._clock().replace(microsecond=0)  # a token has whole seconds
        expires_at = now + self.lifetime
        claims = {
            "sub": str(agent.id),
            "role": agent.role,
            "epoch": agent.session_epoch,
            "iat": int(now.timestamp()),
            "exp": int(expires_at.timestamp()),
            "jti": uuid4().hex,
            "aud": AUDIENCE,
        }
        return IssuedSession(Token(jwt.encode(claims, self._keys[0], ALGORITHM)), expires_at)

    async def agent_of_cookie(self, cookie_header: str | None) -> SignedIn | None:
        """Whose session a `Cookie` header carries and until when; None: nobody's. Raises NeighbourError."""
        token = session_token(cookie_header)
        return None if token is None else await self.agent_of_token(token)

    async def agent_of_token(self, token: Token) -> SignedIn | None:
        claims = self._claims(token)
        if claims is None:
            return None
        agent = await self._agent(AgentId(int(claims["sub"])))
        if agent is None or claims["role"] != agent.role or claims["epoch"] != agent.session_epoch:
            return None
        return SignedIn(agent, datetime.fromtimestamp(claims["exp"], UTC))

    async def authenticate(self, environ: Mapping[str, Any]) -> SignedIn | None:
        """The same for a Socket.IO connection, which other sites' pages may not open (`Authenticate` there)."""
        origin, host = environ.get("HTTP_ORIGIN"), environ.get("HTTP_HOST")
        if not is_same_origin(environ.get("HTTP_SEC_FETCH_SITE"), origin, host, self._public_url):
            return None
        return await self.agent_of_cookie(environ.get("HTTP_COOKIE"))

    def forget(self, agent: AgentId) -> None:
        """Ask the store the next time: this user has just changed."""
        self._known.pop(agent, None)

    def _claims(self, token: Token) -> dict[str, Any] | None:
        """What a token of ours says, if it is not over; None for anything else."""
        if len(token.value) > LONGEST_TOKEN_CHARS:
            return None
        for key in self._keys:
            try:
                claims = jwt.decode(
                    token.value,
                    key,
                    algorithms=[ALGORITHM],
                    audience=AUDIENCE,
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
    cookie_header = request.headers.get("Cookie")
    if session_token(cookie_header) is None:
        raise not_signed_in()
    who = await sessions.agent_of_cookie(cookie_header)
    if who is None:
        raise session_expired()
    return who


def session_token(cookie_header: str | None) -> Token | None:
    """The session token in a `Cookie` header (RFC 6265 §4.2.1): the first, if there are several."""
    for pair in (cookie_header or "").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == COOKIE and value:
            return Token(value)
    return None


def _session_key(secret: Token) -> bytes:
    """A key for sessions alone: the secret also encrypts numbers' tokens (RFC 5869)."""
    return HKDF(SHA256(), length=32, salt=None, info=b"ramal session v1").derive(secret.value.encode())
