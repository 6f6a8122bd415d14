"""Whose grants open a call's record, over HTTP: its page, its sound, what was said in it, its line in an export. By
operators and by guests, and what stays shut (`signaling.call_grants`)."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from sqlalchemy import text, update
from sqlmodel import col, select

from signaling.call import Call, Outcome
from signaling.events import Customer
from signaling.ids import AgentId
from signaling.ports import Operators, Role
from signaling.private import PhoneNumber
from store.calls import SqlCallStore
from store.database import Database
from store.departments import SqlDepartmentStore
from store.migrations import versions
from store.models import CallRow
from store.operators import write_operators
from store.people import Grants
from store.transcripts import SqlTranscripts
from tests.services.gateways import served
from tests.services.samples import NOW, PASSWORD, Town, build_town, call_in, people_in
from tests.services.test_recordings import over
from tests.services.test_replay import SOUND, Client, audited, kept, signed_in, sqlite, town  # noqa: F401
from tests.services.test_transcripts import said

LEADERS = {"rita": "Atendimento", "sue": "Suporte", "bea": "Cobrança", "stan": "RH"}
PHONE = "5511955550101"


async def staff(database: Database) -> dict[str, Any]:
    """Supervisors of four departments; Caio takes calls of Cobrança, Davi of Atendimento and of RH. Ids by name."""
    departments = SqlDepartmentStore(database)
    ids: dict[str, Any] = {name: (await departments.add(name)).id for name in ("Suporte", "Cobrança", "RH")}
    people = people_in(database)
    for login, place in LEADERS.items():
        ids[login] = (await people.add_user(login, login.title(), PASSWORD, Role.SUPERVISOR, [place])).id
    ids["caio"] = (await people.add_user("caio", "Caio", PASSWORD, Role.AGENT, ["Cobrança"])).id
    ids["davi"] = (await people.add_user("davi", "Davi", PASSWORD, Role.AGENT, ["Atendimento", "RH"])).id
    return ids


async def opened(client: Client, call: Call) -> bool:
    """Whether this reader is let in, which must be the same for everything that a call's record has."""
    replay = await client.ask("POST", f"/calls/{call.id}/recording/url", json={"purpose": "replay"})
    taken = await client.ask("POST", f"/calls/{call.id}/recording/url", json={"purpose": "download"})
    found = (await client.ask("GET", "/transcripts?words=segredo")).json["found"]
    answers = [
        (await client.ask("GET", f"/calls/{call.id}")).status == 200,
        call.id in [line["call_id"] for line in (await client.ask("GET", "/calls")).json["calls"]],
        (await client.ask("GET", f"/calls/{call.id}/recording")).status == 200,
        (await client.ask("GET", f"/recordings/{call.id}")).status == 200,
        call.id in [line["call_id"] for line in (await client.ask("GET", "/recordings")).json["recordings"]],
        (await client.ask("GET", f"/calls/{call.id}/transcript")).status == 200,
        (await client.ask("GET", f"/calls/{call.id}/summary")).status == 200,
        call.id in [one["call"]["call_id"] for one in found],
        replay.status == 201,
        taken.status == 201,
    ]
    assert len(set(answers)) == 1, (await client.ask("GET", "/session")).json
    if answers[0]:
        assert (await client.ask("GET", replay.json["url"])).body == SOUND
    else:
        assert {replay.status, taken.status} == {404}
    return answers[0]


async def exported(client: Client, call: Call) -> str | None:
    """The customer's phone as an export of theirs tells it; None: the call is not in it."""
    told = (await client.ask("POST", "/calls/exports")).json
    while told["state"] == "making":
        await asyncio.sleep(0.02)
        told = (await client.ask("GET", f"/calls/exports/{told['id']}")).json
    text = (await client.ask("GET", f"/calls/exports/{told['id']}/file")).body.decode("utf-8-sig")
    line = next((line for line in text.splitlines() if call.id in line), None)
    return None if line is None else PHONE if PHONE in line else "by label"


async def test_a_record_opens_to_supervisors_of_its_departments_its_operators_and_its_guest_and_to_no_others(
    sqlite: Database,  # noqa: F811
    sqlite_url: str,
    town: Town,  # noqa: F811
    tmp_path: Path,
) -> None:
    ids = await staff(sqlite)
    had, _ = await kept(sqlite, town, sqlite_url, tmp_path)
    recorded = replace(over(had), customer=Customer(PhoneNumber(PHONE), name="Maria"), outcome=Outcome.ANSWERED)
    await SqlCallStore(sqlite).save(recorded)
    texts = SqlTranscripts(sqlite)
    assert await texts.ask_transcript(recorded.id, "test", NOW)
    await texts.heard(recorded.id, said("É segredo"), NOW, "0" * 64)

    operators = Operators(frozenset({ids["Suporte"]}))
    await sqlite.run(lambda session: write_operators(session, town.number.id, operators))

    async def had_last_by(agent: AgentId) -> None:
        """As if it had been theirs; whether as a guest is seen when it is saved."""
        nonlocal recorded
        recorded = replace(recorded, agent=agent).note(recorded.timeline[-1].at, "given_on")
        await SqlCallStore(sqlite).save(recorded)

    with served(sqlite_url, tmp_path) as gateway:
        async with AsyncExitStack() as stack:
            pages = {login: await stack.enter_async_context(signed_in(gateway, login)) for login in LEADERS}

            async def in_whose_hands() -> list[str]:
                return [login for login, client in pages.items() if await opened(client, recorded)]

            assert await in_whose_hands() == ["rita", "sue"], "the number's department's, and the operators'"
            assert [await exported(client, recorded) for client in pages.values()] == [PHONE, PHONE, None, None]
            assert (f"user:{ids['sue']}", "recording.replayed", recorded.id, None) in await audited(sqlite)

            await had_last_by(ids["caio"])
            assert await in_whose_hands() == ["rita", "sue", "bea"], "and that of the agent from elsewhere"
            assert await exported(pages["bea"], recorded) == PHONE
            await had_last_by(ids["davi"])
            assert await in_whose_hands() == ["rita", "sue"], "of Atendimento, where it is his, and not of RH"

            await people_in(sqlite).grant("sue", "Suporte", Grants(may_take_inbound=True, may_replay=True))
            assert await exported(pages["sue"], recorded) == "by label", "the grant to take away is another"
            heard = await pages["sue"].ask("POST", f"/calls/{recorded.id}/recording/url", json={"purpose": "download"})
            assert heard.status == 403
            await people_in(sqlite).grant("sue", "Suporte", Grants(may_take_inbound=True))
            assert (await pages["sue"].ask("GET", f"/calls/{recorded.id}")).status == 200, "she is in the department"
            for path in ("recording", "transcript", "summary"):
                assert (await pages["sue"].ask("GET", f"/calls/{recorded.id}/{path}")).status == 404


async def test_which_calls_of_before_were_had_by_guests_is_found_as_it_is_noted_with_each_save(
    database: Database,
) -> None:
    place = await build_town(database)
    ids = await staff(database)
    operators = Operators(frozenset({ids["Cobrança"]}))
    (migration,) = (each.name for each in iter_modules(versions.__path__) if each.name.endswith("_calls_of_guests"))
    found = text(import_module(f"{versions.__name__}.{migration}").FOUND)

    async def guests() -> list[str]:
        query = select(CallRow.call_id).where(col(CallRow.by_guest)).order_by(col(CallRow.id))
        return list(await database.read(lambda session: session.exec(query).all()))

    nobodys = call_in(place, "wacid.NOBODY", outcome=Outcome.MISSED)
    await SqlCallStore(database).save(nobodys)
    for named, theirs in ((None, ("caio", "rita")), (operators, ("rita",))):
        await database.run(partial(write_operators, number=place.number.id, operators=named))
        expected = await guests()
        for login in ("caio", "davi", "rita"):
            call = call_in(place, f"wacid.{login}{named}", agent=ids[login], department=place.department)
            moved = replace(call, department=None) if login == "rita" else call
            await SqlCallStore(database).save(moved)
            expected += [call.id] if login in theirs else []
        assert await guests() == expected
        await database.run(lambda session: session.execute(update(CallRow).values(by_guest=False)))
        await database.run(lambda session: session.execute(found))
        if named is None:
            assert await guests() == expected
        else:
            assert set(await guests()) <= set(expected), "by the operators of now"
