"""Who takes calls and who makes them, as administrators say it by REST: a real gateway, the strict simulated Meta, and
agents at seats of their own who speak the page's HTTP, Socket.IO and WebRTC."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest

from gateway.media.aiortc_seam import Certificate
from gateway.simulator.app import RunningSimulator
from gateway.simulator.app import running as simulated
from gateway.simulator.clips import voices
from gateway.simulator.settings import MetaRules, SimulatorSettings
from signaling.agents.contract import CallPhase, Refusal
from signaling.call import Rules
from signaling.ports import Role
from signaling.presence import Presence
from signaling.private import Token
from store.database import Database
from store.departments import SqlDepartmentStore
from tests.browser.meta import LOOK_EVERY_S
from tests.fakes.softphone import PATIENCE_S, Refused, Softphone
from tests.services.gateways import closed_port, served
from tests.services.samples import PASSWORD, new_number, numbers_in, people_in

PNID: Final = "306540000000002"
WABA: Final = "204857600000001"
MARIA: Final = "+55 11 95555-0101"
SECRETS: Final = {"meta_app_secret": "app secret", "meta_verify_token": "verify", "meta_token": "EAAtest"}
QUICK: Final = Rules(claim_lease_s=1.5)
LATE_AUDIO_S: Final = 5.0  # whether packets come on time is measured by the bench

Json = dict[str, Any]


@dataclass
class Town:
    """Two departments, one number of the first, and people without any grant. `ids`: by login."""

    url: str
    meta: RunningSimulator
    http: aiohttp.ClientSession
    sales: int
    support: int
    number: int
    ids: dict[str, int]
    phones: list[Softphone]
    certificate: Certificate

    async def sits_down(self, login: str) -> Softphone:
        phone = Softphone(self.url, voices()["joao"].packets, self.certificate)
        self.phones.append(phone)
        await phone.sign_in(login, PASSWORD)
        await phone.connect()
        await phone.sit_down()
        return phone

    async def grants(self, login: str, department: int, **what: bool) -> None:
        """An administrator writes what somebody may, whole."""
        user = {"name": login.title(), "role": "agent", "language": "pt-BR"}
        body = {**user, "departments": [{"department_id": department, **what}]}
        async with self.http.put(f"{self.url}/api/v1/users/{self.ids[login]}", json=body) as answer:
            assert answer.status == 200, await answer.text()

    async def works_with(self, login: str, department: int, numbers: list[int] | None) -> None:
        """The same, and with which numbers."""
        user = {"name": login.title(), "role": "agent", "language": "pt-BR", "number_ids": numbers}
        body = {**user, "departments": [{"department_id": department, "take": True, "call": True}]}
        async with self.http.put(f"{self.url}/api/v1/users/{self.ids[login]}", json=body) as answer:
            assert answer.status == 200, await answer.text()

    async def operators(self, **named: list[int]) -> None:
        """An administrator writes who works with the number."""
        url = f"{self.url}/api/v1/numbers/{self.number}/settings"
        async with self.http.get(url, raise_for_status=True) as answer:
            stored = await answer.json()
        kept = ("version", "label", "slug", "department_id", "inbound", "outbound", "template")
        body = {name: stored[name] for name in kept} | {"limits": {}, "rules": {}, "operators": named}
        async with self.http.put(url, json=body) as answer:
            assert answer.status == 200, await answer.text()

    async def sim(self, method: str, path: str, body: Json | None = None) -> Any:
        async with self.http.request(method, f"{self.meta.url}/sim/{path}", json=body or {}) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json()

    async def calls(self) -> Json:
        """Maria does. As the simulated Meta knows the call."""
        placed: Json = await self.sim("POST", "calls", {"customer": "maria", "voice": "maria"})
        return placed

    async def until(self, call: Json, holds: Callable[[Json], object]) -> Json:
        """The simulated Meta tells nobody, so it is looked at."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                seen: Json = await self.sim("GET", f"calls/{call['id']}")
                if holds(seen):
                    return seen
                await asyncio.sleep(LOOK_EVERY_S)

    def faults(self) -> list[str]:
        return [f"{fault.kind}: {fault.words}" for fault in self.meta.faults.all()]


@pytest.fixture
async def town(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    database = Database(sqlite_url)
    departments = SqlDepartmentStore(database)
    sales, support = [(await departments.add(name)).id for name in ("Vendas", "Suporte")]
    wanted = new_number(PNID, waba_id=WABA, phone="+55 11 3333-0000", department="Vendas", outbound_enabled=True)
    number = await numbers_in(database).add(replace(wanted, rules=QUICK))
    people = people_in(database)
    ids = {
        login: (await people.add_user(login, login.title(), PASSWORD, Role.AGENT)).id
        for login in ("ana", "bia", "caio")
    }
    await people.add_user("chefe", "Chefe", PASSWORD, Role.ADMINISTRATOR)
    await database.close()
    meta_port = closed_port()
    with served(sqlite_url, tmp_path, graph_url=f"http://127.0.0.1:{meta_port}", **SECRETS) as gateway:
        settings = SimulatorSettings(
            webhook_url=f"{gateway.url}/webhooks/meta",
            app_secret=Token(SECRETS["meta_app_secret"]),
            verify_token=Token(SECRETS["meta_verify_token"]),
            access_token=Token(SECRETS["meta_token"]),
            phone_number_id=PNID,
            waba_id=WABA,
            rules=replace(MetaRules(), late_audio_s=LATE_AUDIO_S),
        )
        jar = aiohttp.CookieJar(unsafe=True)
        async with simulated(settings, port=meta_port) as meta, aiohttp.ClientSession(cookie_jar=jar) as http:
            async with asyncio.timeout(PATIENCE_S):
                await meta.verified.wait()
            chief = {"login": "chefe", "password": PASSWORD}
            async with http.post(f"{gateway.url}/api/v1/session", json=chief, raise_for_status=True):
                pass
            built = Town(gateway.url, meta, http, sales, support, number.id, dict(ids), [], Certificate())
            try:
                yield built
            finally:
                for phone in built.phones:
                    await phone.close()


async def test_to_take_calls_and_to_make_them_are_two_grants_of_a_person_in_a_department(town: Town) -> None:
    await town.grants("ana", town.sales, take=True)
    await town.grants("bia", town.sales, call=True)
    await town.grants("caio", town.support, take=True, call=True)
    ana, bia, caio = [await town.sits_down(login) for login in ("ana", "bia", "caio")]
    assert [[line.number_id for line in phone.state.call_from] for phone in (ana, bia, caio) if phone.state] == [
        *([], [town.number], [])
    ]

    call = await town.calls()
    ring = (await ana.until(lambda state: state.ringing)).ringing[0]
    for phone in (bia, caio):
        assert phone.state is not None and (phone.state.ringing, phone.state.waiting) == ([], [])
        with pytest.raises(Refused, match=Refusal.NOT_RINGING):
            await phone.answer(ring.call_id)
        phone.be_silent()
    await ana.answer(ring.call_id)
    await town.until(call, lambda seen: seen["accepted"])
    await ana.hang_up()
    await town.until(call, lambda seen: seen["ended"])

    for phone in (ana, caio):
        answered = await phone.place(town.number, MARIA)
        assert answered.why is Refusal.CALL_REFUSED and answered.refused is not None
        assert answered.refused.code == "agent.may_not_call"
        phone.be_silent()
    assert (await bia.place(town.number, MARIA)).ok
    await bia.until(lambda state: state.call and state.call.phase is CallPhase.RINGING)
    await bia.hang_up()
    assert [one["direction"] for one in (await town.sim("GET", "state"))["calls"]] == ["outbound", "inbound"]

    await town.grants("ana", town.sales, call=True)
    await town.grants("bia", town.sales, take=True)
    await asyncio.gather(ana.close(), bia.close(), caio.close())
    ana, bia = [await town.sits_down(login) for login in ("ana", "bia")]
    assert ana.state is not None and [line.number_id for line in ana.state.call_from] == [town.number]
    await town.calls()
    await bia.until(lambda state: state.ringing)
    assert ana.state.ringing == [] and bia.state is not None and bia.state.call_from == []
    assert town.faults() == []


async def test_a_customer_is_never_answered_into_silence(town: Town) -> None:
    """Whoever presses answer and is not heard has not answered: Meta is told nothing, and it rings on."""
    for login in ("ana", "bia"):
        await town.grants(login, town.sales, take=True)
    ana, bia = [await town.sits_down(login) for login in ("ana", "bia")]
    call = await town.calls()
    ring = (await ana.until(lambda state: state.ringing)).ringing[0]
    await bia.until(lambda state: state.ringing)
    await ana.command("call.answer", {"call_id": ring.call_id})  # and her microphone sends nothing
    await bia.until(lambda state: not state.ringing)
    await bia.until(lambda state: state.ringing)
    seen = await town.sim("GET", f"calls/{call['id']}")
    assert (seen["ringing"], seen["accepted"], seen["media"]["packets_in"]) == (True, False, 0)

    await bia.answer(ring.call_id)
    seen = await town.until(call, lambda seen: seen["media"]["first_packet_in_at"])
    assert seen["accepted"]
    await bia.hears(50)
    assert ana.state is not None and ana.state.call is None and ana.state.presence is Presence.FREE
    await bia.hang_up()
    assert town.faults() == [], "not a packet before `accept` returned 200 either"


async def test_a_number_rings_the_departments_and_users_that_it_names_and_only_they_call_with_it(town: Town) -> None:
    """The number is Sales'. Support works with it, and Caio of Sales, by name; then Support's Bia is kept from it."""
    for login, department in (("ana", town.sales), ("bia", town.support), ("caio", town.sales)):
        await town.works_with(login, department, None)
    await town.operators(department_ids=[town.support], agent_ids=[town.ids["caio"]])
    ana, bia, caio = [await town.sits_down(login) for login in ("ana", "bia", "caio")]
    call = await town.calls()
    ring = (await bia.until(lambda state: state.ringing)).ringing[0]
    await caio.until(lambda state: state.ringing)
    assert ana.state is not None and (ana.state.ringing, ana.state.waiting, ana.state.call_from) == ([], [], [])
    await caio.answer(ring.call_id)
    await town.until(call, lambda seen: seen["accepted"])
    await caio.hang_up()
    await town.until(call, lambda seen: seen["ended"])

    answered = await ana.place(town.number, MARIA)
    assert answered.refused is not None and answered.refused.code == "agent.may_not_call"
    assert bia.state is not None and [line.number_id for line in bia.state.call_from] == [town.number]
    await town.works_with("bia", town.support, [])
    await bia.until(lambda state: not state.call_from)
    answered = await bia.place(town.number, MARIA)
    assert answered.refused is not None and answered.refused.code == "agent.may_not_call"
    await town.calls()
    await caio.until(lambda state: state.ringing)
    assert (bia.state.ringing, bia.state.waiting) == ([], [])
    assert town.faults() == []
