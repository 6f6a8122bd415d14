"""Waking a browser: what is sent can be read by it alone, goes to push services only, and is kept encrypted."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import text

from gateway.guarded_http import Guard, GuardedHttp
from gateway.number_book import NumberBook
from gateway.push_ringing import PushRinging
from gateway.web_push import PushKey, UnusableSubscription, check, new_private_key
from signaling.call import Call
from signaling.ids import AgentId
from signaling.private import Token
from store.database import Database
from store.numbers import SqlNumberStore
from store.push import MOST_PER_USER, PushSubscription, SqlPush
from store.secrets import SecretBox
from tests.fakes.push_service import PushService, text_of
from tests.services.gateways import served
from tests.services.samples import PASSWORD, build_town, call_in, customer

SECRETS = SecretBox([Token("k" * 40)])
LOOPBACK = frozenset({"127.0.0.1"})
MARIA = customer("5511955550101", name="Maria Souza")
REAL = "https://fcm.googleapis.com/fcm/send/abc"


@pytest.fixture
def service() -> Iterator[PushService]:
    service = PushService()
    service.start()
    yield service
    service.stop()


@pytest.fixture
async def ringing(database: Database) -> AsyncIterator[PushRinging]:
    http = GuardedHttp(Guard(loopback=True))
    numbers = NumberBook(SqlNumberStore(database, SECRETS), None)
    yield PushRinging(
        SqlPush(database, SECRETS), http, numbers, "https://calls.example.com", LOOPBACK, lambda: datetime.now(UTC)
    )
    await http.close()


async def ringing_call(database: Database) -> tuple[AgentId, Call]:
    town = await build_town(database)
    now = datetime.now(UTC)
    call = replace(call_in(town, "wacid.PUSH"), customer=MARIA, ring_until=now + timedelta(seconds=25))
    return town.agents[0], call


async def woken(ringing: PushRinging) -> None:
    for task in tuple(ringing._tasks):
        await task


async def test_a_browser_is_woken_with_the_call_and_nothing_private(
    database: Database, ringing: PushRinging, service: PushService
) -> None:
    agent, call = await ringing_call(database)
    await ringing.store.save(agent, service.subscription(language="es"), datetime.now(UTC))
    ringing.knock(agent, call)
    ringing.knock(agent, call)
    await woken(ringing)
    (got,) = service.got
    assert got.message.keys() == {"kind", "call_id", "label", "number_label", "until_unix_s", "language"}
    assert (got.message["call_id"], got.message["language"]) == (call.id, "es")
    assert call.customer.phone is not None
    assert "••" in got.message["label"] and call.customer.phone.value not in str(got.message)
    assert "Maria" not in str(got.message)
    assert got.key == (await ringing.key()).public
    assert got.claims["sub"] == "https://calls.example.com"
    assert 0 < got.claims["exp"] - datetime.now(UTC).timestamp() <= 24 * 3600
    assert (got.headers["Urgency"], got.headers["Topic"]) == ("high", call.id)
    assert 20 <= int(got.headers["TTL"]) <= 25


async def test_the_key_is_made_once_and_kept_encrypted(database: Database, ringing: PushRinging) -> None:
    first = (await ringing.key()).public
    assert PushKey.of(await ringing.store.key(new_private_key())).public == first
    kept = await database.read(lambda session: session.connection().execute(text("select * from push_key")).one())
    assert "PRIVATE" not in str(kept)


async def test_a_subscription_that_is_gone_is_forgotten_and_one_that_fails_is_kept(
    database: Database, ringing: PushRinging, service: PushService
) -> None:
    agent, call = await ringing_call(database)
    await ringing.store.save(agent, service.subscription(), datetime.now(UTC))
    service.status = 503
    ringing.knock(agent, call)
    await woken(ringing)
    assert len(await ringing.store.of(agent)) == 1
    service.status = 410
    ringing._woken.clear()
    ringing.knock(agent, call)
    await woken(ringing)
    assert await ringing.store.of(agent) == []


async def test_a_browser_belongs_to_who_saved_it_last_and_nobody_has_more_than_ten(database: Database) -> None:
    ana, bia = (await build_town(database)).agents
    store, now = SqlPush(database, SECRETS), datetime.now(UTC)
    one = PushSubscription(f"{REAL}-1", "p", "a")
    await store.save(ana, one, now)
    await store.save(bia, one, now)
    assert (await store.of(ana), await store.of(bia)) == ([], [one])
    await store.forget(one.endpoint, ana)
    assert await store.of(bia) == [one], "not hers to forget"
    for number in range(MOST_PER_USER + 3):
        await store.save(ana, replace(one, endpoint=f"{REAL}-{number + 2}"), now + timedelta(seconds=number))
    kept = {subscription.endpoint for subscription in await store.of(ana)}
    assert len(kept) == MOST_PER_USER and f"{REAL}-2" not in kept and f"{REAL}-14" in kept
    rows = await database.read(
        lambda session: session.connection().execute(text("select * from push_subscriptions")).all()
    )
    assert REAL not in str(rows)


@pytest.mark.parametrize(
    ("endpoint", "reason"),
    [
        (REAL, None),
        ("https://updates.push.services.mozilla.com/wpush/v2/x", None),
        ("https://web.push.apple.com/x", None),
        ("https://wns2-by3p.notify.windows.com/w/?token=x", None),
        ("http://fcm.googleapis.com/fcm/send/abc", "unknown_push_service"),
        ("https://fcm.googleapis.com:8443/fcm/send/abc", "unknown_push_service"),
        ("https://fcm.googleapis.com.evil.example/x", "unknown_push_service"),
        ("https://evilnotify.windows.com/x", "unknown_push_service"),
        ("https://127.0.0.1/x", "unknown_push_service"),
        ("https://169.254.169.254/latest", "unknown_push_service"),
        ("not a url", "unknown_push_service"),
    ],
)
def test_nothing_is_sent_to_anything_but_a_push_service(
    service: PushService, endpoint: str, reason: str | None
) -> None:
    subscription = replace(service.subscription(), endpoint=endpoint)
    if reason is None:
        check(subscription)
    else:
        with pytest.raises(UnusableSubscription) as refused:
            check(subscription)
        assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("p256dh", "auth"), [("x", "y"), (text_of(b"\x04" + b"1" * 64), text_of(b"0" * 16)), ("é", "")]
)
def test_keys_that_are_none_are_refused(p256dh: str, auth: str) -> None:
    with pytest.raises(UnusableSubscription) as refused:
        check(PushSubscription(REAL, p256dh, auth))
    assert refused.value.reason == "bad_keys"


async def test_a_page_saves_and_forgets_its_browser_over_http(
    database_url: str, database: Database, tmp_path: Path, service: PushService
) -> None:
    await build_town(database)
    good = service.subscription()
    body: dict[str, Any] = {"endpoint": REAL, "p256dh": good.p256dh, "auth": good.auth, "language": "en"}
    with served(database_url, tmp_path) as gateway:
        async with aiohttp.ClientSession(
            base_url=gateway.url, cookie_jar=aiohttp.CookieJar(unsafe=True), headers={"Origin": gateway.url}
        ) as page:

            async def ask(method: str, path: str, body: object = None) -> int:
                async with page.request(method, f"/api/v1/push/{path}", json=body) as answer:
                    return answer.status

            assert await ask("GET", "key") == 401
            await page.post("/api/v1/session", json={"login": "ana", "password": PASSWORD})
            async with page.get("/api/v1/push/key") as answer:
                key = (await answer.json())["public_key"]
            assert len(key) == 87, "an uncompressed point of P-256 in base64url"
            assert await ask("PUT", "subscriptions", body) == 204
            assert await ask("PUT", "subscriptions", {**body, "endpoint": good.endpoint}) == 422
            assert await ask("PUT", "subscriptions", {**body, "auth": "x"}) == 422
            assert await ask("POST", "subscriptions/forget", {"endpoint": REAL}) == 204
