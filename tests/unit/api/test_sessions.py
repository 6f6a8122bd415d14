import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest

from gateway.api.session_cookies import session_token
from gateway.api.sessions import RECHECK_S
from signaling.errors import Failure, Fault, NeighbourError
from signaling.ids import AgentId
from signaling.ports import Role
from signaling.private import Token
from tests.unit.api.conftest import Client
from tests.unit.api.world import ANA, KEY, OLD_KEY, START, World

SESSION = "/api/v1/session"


def claims_of(token: Token) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token.value, options={"verify_signature": False})
    return claims


async def refusal(client: Client, token: str) -> tuple[int, str]:
    response = await client.get(SESSION, headers={"Cookie": f"ramal_session={token}"})
    return response.status, (await response.json())["error"]["code"]


async def test_a_session_names_its_agent_and_its_end(world: World) -> None:
    issued = world.sessions.issue(ANA)
    who = await world.sessions.agent_of_cookie(f"ramal_session={issued.token.value}")
    assert who is not None
    assert (who.agent, who.expires_at) == (ANA, START + timedelta(hours=12))
    assert issued.token.value not in repr(issued)


async def test_a_session_ends_when_its_time_is_over(client: Client, world: World) -> None:
    headers = world.cookie()
    world.clock.jump(12 * 3600 - 1)
    assert (await client.get(SESSION, headers=headers)).status == 200
    world.clock.jump(1)
    assert await refusal(client, headers["Cookie"].partition("=")[2]) == (401, "session_expired")


def altered(token: str) -> str:
    head, body, signature = token.split(".")
    return f"{head}.{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"


def unsigned(token: str) -> str:
    return jwt.encode(claims_of(Token(token)), "", "none")


def promoted(token: str) -> str:
    """A changed role under the old signature."""
    head, _, signature = token.split(".")
    claims = {**claims_of(Token(token)), "role": "administrator"}
    return f"{head}.{jwt.encode(claims, 'x' * 32, 'HS256').split('.')[1]}.{signature}"


def signed_with_the_raw_secret(token: str) -> str:
    return jwt.encode(claims_of(Token(token)), KEY.value, "HS256")


@pytest.mark.parametrize(
    "forge",
    [
        altered,
        unsigned,
        promoted,
        signed_with_the_raw_secret,
        lambda token: jwt.encode(claims_of(Token(token)), "somebody else's key, long enough", "HS256"),
        lambda token: token[:-10],
        lambda token: "x",
        lambda token: "a.b.c",
        lambda token: token + "." + "A" * 5000,
        lambda token: "\u00e9",
    ],
)
async def test_a_forged_token_is_refused_and_nobody_is_looked_up(
    client: Client, world: World, forge: Callable[[str], str]
) -> None:
    assert await refusal(client, forge(world.sessions.issue(ANA).token.value)) == (401, "session_expired")
    assert world.people.looked_up == []


@pytest.mark.parametrize(
    "changes",
    [
        {"role": "administrator"},
        {"epoch": 0},
        {"sub": "99"},
        {"aud": "other"},
        {"exp": 1},
        {"exp": None},
        {"jti": None},
    ],
)
async def test_a_token_under_our_own_signature_that_does_not_fit_the_user_is_refused(
    world: World, changes: dict[str, object]
) -> None:
    issued = claims_of(world.sessions.issue(ANA).token)
    claims = {name: value for name, value in {**issued, **changes}.items() if value is not None}
    token = jwt.encode(claims, world.sessions._keys[0], "HS256")  # a key that leaked, or an older release's mistake
    assert await world.sessions.agent_of_token(Token(token)) is None


async def test_a_disabled_user_is_out_within_five_seconds(client: Client, world: World) -> None:
    headers = world.cookie()
    assert (await client.get(SESSION, headers=headers)).status == 200
    del world.people.agents[ANA.id]
    assert (await client.get(SESSION, headers=headers)).status == 200  # as remembered
    world.clock.jump(RECHECK_S)
    assert (await client.get(SESSION, headers=headers)).status == 401


@pytest.mark.parametrize("changes", [{"session_epoch": 2}, {"role": Role.SUPERVISOR}])
async def test_revoked_sessions_and_changed_roles_end_a_session(
    client: Client, world: World, changes: dict[str, object]
) -> None:
    headers = world.cookie()
    world.people.change(ANA, **changes)
    assert (await client.get(SESSION, headers=headers)).status == 401


async def test_a_role_is_never_taken_from_the_token(world: World) -> None:
    who = await world.sessions.agent_of_token(world.sessions.issue(ANA).token)
    assert who is not None
    assert who.agent is world.people.agents[ANA.id]


async def test_the_store_is_asked_at_most_every_five_seconds(client: Client, world: World) -> None:
    for _ in range(10):
        await client.get(SESSION, headers=world.cookie())
    assert world.people.looked_up == [ANA.id]


async def test_signing_in_again_asks_the_store_anew(client: Client, world: World) -> None:
    old = world.cookie()
    assert (await client.get(SESSION, headers=old)).status == 200
    world.people.change(ANA, session_epoch=2)
    signed_in = await client.post(SESSION, json={"login": "ana", "password": "correct horse"})
    new = {"Cookie": signed_in.headers["Set-Cookie"].partition(";")[0]}
    assert (await client.get(SESSION, headers=new)).status == 200
    assert (await client.get(SESSION, headers=old)).status == 401


async def test_sessions_survive_a_new_secret_key_while_the_old_one_is_kept(world: World) -> None:
    old = world.sessions_with(OLD_KEY).issue(ANA).token
    assert await world.sessions_with(KEY, OLD_KEY).agent_of_token(old) is not None
    assert await world.sessions_with(KEY).agent_of_token(old) is None
    new = world.sessions_with(KEY, OLD_KEY).issue(ANA).token
    assert await world.sessions_with(KEY).agent_of_token(new) is not None


@pytest.mark.parametrize(
    ("header", "token"),
    [
        (None, None),
        ("", None),
        ("other=1", None),
        ("ramal_session=", None),
        ("xramal_session=a", None),
        ("a=b; ramal_session=t.o.k; c=d", "t.o.k"),
        ("ramal_session=first; ramal_session=second", "first"),
    ],
)
def test_the_token_is_found_in_a_cookie_header(header: str | None, token: str | None) -> None:
    found = session_token(header)
    assert (found.value if found is not None else None) == token


async def test_a_socket_is_opened_by_the_cookie_and_from_our_own_pages_only(world: World) -> None:
    environ = {"HTTP_COOKIE": world.cookie()["Cookie"], "HTTP_HOST": "gateway.test"}
    assert await world.sessions.authenticate({**environ, "HTTP_ORIGIN": "http://gateway.test"}) is not None
    assert await world.sessions.authenticate(environ) is not None
    assert await world.sessions.authenticate({**environ, "HTTP_ORIGIN": "https://evil.example"}) is None
    assert await world.sessions.authenticate({"HTTP_ORIGIN": "http://gateway.test"}) is None


async def test_an_unknown_agent_is_nobody(world: World) -> None:
    world.people.agents.clear()
    assert await world.sessions.agent_of_token(world.sessions.issue(ANA).token) is None
    assert world.people.looked_up == [AgentId(7)]


async def test_a_thousand_open_pages_are_one_question_to_the_store(world: World) -> None:
    team = [replace(ANA, id=AgentId(100 + number)) for number in range(1_000)]
    world.people.agents |= {agent.id: agent for agent in team}
    cookies = [f"ramal_session={world.sessions.issue(agent).token.value}" for agent in team]

    async def all_ask() -> None:
        who = await asyncio.gather(*map(world.sessions.agent_of_cookie, cookies))
        assert [found.agent for found in who if found is not None] == team

    await all_ask()
    assert world.people.questions == 1
    world.clock.jump(RECHECK_S)
    for cookie in cookies[:3]:
        await world.sessions.agent_of_cookie(cookie)
    assert world.people.questions == 2, "whoever was here lately is asked about along with the first"
    newcomer = replace(ANA, id=AgentId(9_000))
    world.people.agents[newcomer.id] = newcomer
    await world.sessions.agent_of_token(world.sessions.issue(newcomer).token)
    assert world.people.looked_up[-1] == newcomer.id and len(world.people.looked_up) == 2_001, "the others are known"


async def test_a_store_that_is_away_is_said_to_all_who_wait_and_asked_again(world: World) -> None:
    cookie = f"ramal_session={world.sessions.issue(ANA).token.value}"
    world.people.failing = NeighbourError(Failure("store.away", Fault.NETWORK))
    answers = await asyncio.gather(*(world.sessions.agent_of_cookie(cookie) for _ in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [NeighbourError] * 3
    world.people.failing = None
    found = await world.sessions.agent_of_cookie(cookie)
    assert found is not None and found.agent == ANA
