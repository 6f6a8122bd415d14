import json
from datetime import timedelta
from ipaddress import ip_network

import pytest

from gateway.api.attempts import PER_ADDRESS, PER_LOGIN
from signaling.errors import Failure, Fault, NeighbourError
from tests.unit.api.conftest import Client, Serve
from tests.unit.api.world import ANA, BIA, CREDENTIALS, PASSWORD, START, World

SESSION = "/api/v1/session"
WRONG = {"login": "ana", "password": "wrong"}


async def test_signing_in_answers_who_i_am_and_sets_a_cookie_no_script_can_read(client: Client) -> None:
    response = await client.post(SESSION, json=CREDENTIALS)
    assert response.status == 200
    assert await response.json() == {
        "me": {"agent_id": 7, "name": "Ana", "role": "agent"},
        "expires_unix_s": (START + timedelta(hours=12)).timestamp(),
        "time_zone": "America/Sao_Paulo",
    }
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("ramal_session=ey")
    assert {"HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


async def test_over_https_the_cookie_is_sent_over_tls_only(serve: Serve) -> None:
    client = await serve(World(public_url="https://calls.example.com").app())
    assert "Secure" in (await client.post(SESSION, json=CREDENTIALS)).headers["Set-Cookie"].split("; ")
    assert "Secure" in (await client.delete(SESSION)).headers["Set-Cookie"].split("; ")


async def test_the_cookie_of_a_login_is_the_session_of_the_next_request(client: Client) -> None:
    cookie = (await client.post(SESSION, json=CREDENTIALS)).headers["Set-Cookie"].partition(";")[0]
    response = await client.get(SESSION, headers={"Cookie": f"other=1; {cookie}"})
    assert response.status == 200
    assert (await response.json())["me"]["name"] == "Ana"


async def test_signing_out_makes_the_browser_forget_the_cookie(client: Client, world: World) -> None:
    response = await client.delete(SESSION, headers=world.cookie())
    assert response.status == 204
    assert response.headers["Set-Cookie"].startswith('ramal_session=""; ')
    assert "Max-Age=0" in response.headers["Set-Cookie"]


async def test_without_a_cookie_nobody_is_signed_in(client: Client) -> None:
    response = await client.get(SESSION)
    assert (response.status, (await response.json())["error"]["code"]) == (401, "not_signed_in")


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "bad_json"),
        (b"", "application/json", 400, "bad_json"),
        (b"\xff\xfe", "application/json", 400, "bad_json"),
        (b"[" * 5000, "application/json", 400, "bad_json"),
        (b"[]", "application/json", 400, "bad_request"),
        (b"null", "application/json", 400, "bad_request"),
        (b'{"login": "ana"}', "application/json", 400, "bad_request"),
        (b'{"login": 7, "password": "x"}', "application/json", 400, "bad_request"),
        (b'{"login": "", "password": "x"}', "application/json", 400, "bad_request"),
        (b'{"login": "ana", "password": "x", "role": "administrator"}', "application/json", 400, "bad_request"),
        (json.dumps({"login": "a" * 65, "password": "x"}).encode(), "application/json", 400, "bad_request"),
        (json.dumps({"login": "ana", "password": "x" * 2000}).encode(), "application/json", 400, "bad_request"),
        (json.dumps({"login": "ana", "password": "x" * 20_000}).encode(), "application/json", 413, "too_large"),
        (json.dumps(CREDENTIALS).encode(), "text/plain", 415, "unsupported_type"),
        (b"login=ana&password=x", "application/x-www-form-urlencoded", 415, "unsupported_type"),
    ],
)
async def test_a_bad_request_is_refused_with_its_reason_and_no_password_is_checked(
    client: Client, world: World, body: bytes, content_type: str, status: int, code: str
) -> None:
    response = await client.post(SESSION, data=body, headers={"Content-Type": content_type})
    assert (response.status, (await response.json())["error"]["code"]) == (status, code)
    assert "Set-Cookie" not in response.headers
    assert world.people.checked == []


async def test_a_body_without_a_length_is_read_no_further_than_the_limit(client: Client, world: World) -> None:
    async def endless() -> object:
        for _ in range(100):
            yield b"x" * 1000

    response = await client.post(SESSION, data=endless(), headers={"Content-Type": "application/json"})
    assert (response.status, (await response.json())["error"]["code"]) == (413, "too_large")
    assert world.people.checked == []


async def test_a_refusal_names_the_field_and_repeats_nothing_of_what_was_sent(client: Client) -> None:
    response = await client.post(SESSION, json={"login": "ana", "password": ["hunter2"]})
    text = await response.text()
    assert "password" in text
    assert "hunter2" not in text


@pytest.mark.parametrize("credentials", [WRONG, {"login": "nobody", "password": PASSWORD}])
async def test_a_wrong_password_and_an_unknown_login_look_the_same(client: Client, credentials: dict[str, str]) -> None:
    response = await client.post(SESSION, json=credentials)
    assert response.status == 401
    assert (await response.json())["error"] == {
        "code": "bad_credentials",
        "message": "Login or password are wrong.",
    }
    assert "Set-Cookie" not in response.headers


async def test_a_disabled_user_cannot_sign_in(client: Client, world: World) -> None:
    del world.people.agents[ANA.id]
    assert (await client.post(SESSION, json=CREDENTIALS)).status == 401


async def test_too_many_failures_of_a_login_are_refused_until_the_window_has_passed(
    client: Client, world: World
) -> None:
    for _ in range(PER_LOGIN.amount):
        assert (await client.post(SESSION, json=WRONG)).status == 401
    world.clock.jump(60.5)
    response = await client.post(SESSION, json=CREDENTIALS)
    assert response.status == 429
    error = (await response.json())["error"]
    assert (error["code"], error["retry_after_s"]) == ("too_many_attempts", 239.5)
    assert response.headers["Retry-After"] == "240"
    assert len(world.people.checked) == PER_LOGIN.amount  # the right password was not even looked at

    assert (await client.post(SESSION, json={"login": "bia", "password": PASSWORD})).status == 200
    world.clock.jump(240)
    assert (await client.post(SESSION, json=CREDENTIALS)).status == 200


async def test_other_spellings_of_a_login_count_as_the_same_login(client: Client, world: World) -> None:
    for login in ("ana", "ANA", " Ana ", "ａｎａ") * PER_LOGIN.amount:
        await client.post(SESSION, json={"login": login, "password": "wrong"})
    assert len(world.people.checked) == PER_LOGIN.amount


async def test_a_success_forgets_the_failures_of_that_login(client: Client) -> None:
    for _ in range(3):
        for _ in range(PER_LOGIN.amount - 1):
            assert (await client.post(SESSION, json=WRONG)).status == 401
        assert (await client.post(SESSION, json=CREDENTIALS)).status == 200


async def test_one_address_cannot_try_many_logins(client: Client, world: World) -> None:
    for n in range(PER_ADDRESS.amount):
        assert (await client.post(SESSION, json={"login": f"user{n}", "password": "x"})).status == 401
    assert (await client.post(SESSION, json=CREDENTIALS)).status == 429
    world.clock.jump(PER_ADDRESS.get_expiry())
    assert (await client.post(SESSION, json=CREDENTIALS)).status == 200


async def test_people_who_sign_in_rightly_do_not_use_up_their_offices_address(client: Client) -> None:
    for _ in range(PER_ADDRESS.amount + 5):
        assert (await client.post(SESSION, json=CREDENTIALS)).status == 200


async def test_a_forwarded_address_counts_only_behind_a_trusted_proxy(serve: Serve) -> None:
    believing = await serve(World(trusted_proxies=(ip_network("127.0.0.0/8"),)).app())
    doubting = await serve(World().app())
    for n in range(PER_ADDRESS.amount + 1):
        headers = {"X-Forwarded-For": f"198.51.100.{n}"}
        body = {"login": f"user{n}", "password": "x"}
        assert (await believing.post(SESSION, json=body, headers=headers)).status == 401
        last = await doubting.post(SESSION, json=body, headers=headers)
    assert last.status == 429


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://gateway.test.evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://gateway.test"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://gateway.test"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://gateway.test"}, 200),
        ({"Origin": "http://behind-a-proxy.test", "Host": "behind-a-proxy.test"}, 200),
        ({}, 200),
    ],
)
async def test_only_our_own_pages_may_sign_somebody_in(
    client: Client, world: World, headers: dict[str, str], status: int
) -> None:
    response = await client.post(SESSION, json=CREDENTIALS, headers=headers)
    assert response.status == status
    assert ("Set-Cookie" in response.headers) == (status == 200)
    assert len(world.people.checked) == (1 if status == 200 else 0)


async def test_another_sites_page_can_not_sign_somebody_out(client: Client, world: World) -> None:
    response = await client.delete(SESSION, headers={**world.cookie(BIA), "Origin": "https://evil.example"})
    assert (response.status, (await response.json())["error"]["code"]) == (403, "foreign_origin")
    assert "Set-Cookie" not in response.headers


async def test_a_database_that_is_away_is_said_as_such(client: Client, world: World) -> None:
    world.people.failing = NeighbourError(Failure("store.unavailable", Fault.NETWORK))
    response = await client.post(SESSION, json=CREDENTIALS)
    assert (response.status, (await response.json())["error"]["code"]) == (503, "unavailable")
    assert response.headers["Retry-After"] == "5"
