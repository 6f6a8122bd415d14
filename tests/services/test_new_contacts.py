"""That a customer is new reaches integrators once, whatever made their contact. On SQLite and PostgreSQL."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import permutations

from sqlmodel import Session, col, select

from signaling.call import Call, State
from signaling.events import Customer, Direction
from signaling.permission_events import Granted, Source, reference_of
from store.calls import SqlCallStore
from store.database import Database
from store.event_bodies import event_told
from store.integration_models import OutboxEventRow
from store.permissions import SqlPermissionStore
from store.protocols import NewProtocol, SqlProtocolStore
from store.reach import EVERYTHING
from tests.services.samples import NOW, Town, build_town, call_in, customer

MARIA = customer("5511955550101", "BR.1049", name="Maria")
JOSE = customer("5511955550202")


async def told(database: Database) -> list[tuple[str, bool]]:
    """Every event in its order, and whether it says that its customer is new."""

    def work(session: Session) -> list[tuple[str, bool]]:
        rows = session.exec(select(OutboxEventRow).order_by(col(OutboxEventRow.id)))
        bodies = [event_told(session, row).model_dump(mode="json") for row in rows]
        return [(body["type"], body["new_contact"]) for body in bodies]

    return await database.read(work)


def rings(town: Town, who: Customer, wacid: str, **changes: object) -> Call:
    return replace(call_in(town, wacid, who), state=State.RINGING, **changes).note(NOW, "offered")  # type: ignore[arg-type]


def over(call: Call) -> Call:
    return replace(call, state=State.ENDED, outcome=call.outcome_now(), ended_at=NOW).note(NOW, "ended")


async def test_the_first_event_of_a_call_that_made_a_contact_says_so_and_no_later_one(database: Database) -> None:
    town, calls = await build_town(database), SqlCallStore(database)
    call = rings(town, MARIA, "wacid.ONE")
    for saved in (call, call, over(call), rings(town, MARIA, "wacid.TWO")):
        await calls.save(saved)
    kinds = await told(database)
    assert kinds[0] == ("call.offered", True)
    assert len(kinds) > 4 and not any(new for _, new in kinds[1:])


async def test_of_a_call_whose_customer_is_known_by_its_end_the_end_says_so(database: Database) -> None:
    town, calls = await build_town(database), SqlCallStore(database)
    call = rings(town, Customer(), "wacid.ONE")
    await calls.save(call)
    await calls.save(over(replace(call, customer=MARIA)))
    assert [kind for kind, new in await told(database) if new] == ["call.missed"]


async def test_it_is_said_once_in_whatever_order_calls_messages_and_permissions_come_and_repeat(
    database: Database,
) -> None:
    town, calls, permissions = await build_town(database), SqlCallStore(database), SqlPermissionStore(database)
    granted = Granted(NOW, reference_of("wamid.A"), False, NOW + timedelta(days=7), Source.CUSTOMER)
    for n, order in enumerate(permutations(("call", "message", "permission"))):
        who = customer(f"55119555503{n:02}")
        call = rings(town, who, f"wacid.{n}")
        before = len(await told(database))
        for what in (*order, *order):
            match what:
                case "call":
                    await calls.save(call)
                case "message":
                    await permissions.open_window(town.number, who, NOW)
                case _:
                    reference = reference_of(f"wamid.{n}")
                    await permissions.add(town.number, who, replace(granted, reference=reference))
        kinds = (await told(database))[before:]
        firsts = {"call": "call.offered", "message": "contact.added", "permission": "permission.changed"}
        assert [kind for kind, new in kinds if new] == [firsts[order[0]]], order
        assert kinds[0][1], "the first that is told of them"


async def test_so_do_calls_of_ours_and_protocols_of_integrators(database: Database) -> None:
    town, calls = await build_town(database), SqlCallStore(database)
    await calls.save(rings(town, MARIA, "wacid.ONE", direction=Direction.OUTBOUND))
    new = NewProtocol(town.number.id, JOSE)
    for _ in range(2):
        await SqlProtocolStore(database).create(new, "key:1", NOW, EVERYTHING)
    assert await told(database) == [("call.placed", True), ("protocol.created", True), ("protocol.created", False)]


async def test_two_calls_of_a_new_customer_at_once_make_one_contact_that_is_new_once(database: Database) -> None:
    town = await build_town(database)
    pair = [rings(town, MARIA, f"wacid.{n}") for n in range(4)]
    await asyncio.gather(*(SqlCallStore(database).save(call) for call in pair))
    assert sum(new for _, new in await told(database)) == 1


async def test_two_contacts_that_turn_out_to_be_one_person_are_new_once_each_and_not_a_third_time(
    database: Database,
) -> None:
    """A number, then a business-scoped id, then a call that tells both."""
    town, calls = await build_town(database), SqlCallStore(database)
    for n, who in enumerate((customer("5511955550101"), customer(bsuid="BR.1049"), MARIA, MARIA)):
        await calls.save(rings(town, who, f"wacid.{n}", received_at=NOW + timedelta(minutes=n)))
    assert [new for _, new in await told(database)] == [True, True, False, False]
