"""Numbers and their tokens, encrypted at rest. On both databases."""

from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import select

from signaling.call import META_WINDOW_S, SETTABLE_RULES, Rules
from signaling.errors import Fault, NeighbourError
from signaling.ids import NumberId, PhoneNumberId
from signaling.meta_rules import Limits
from signaling.private import PhoneNumber, Token
from store.database import Database
from store.departments import SqlDepartmentStore
from store.models import NumberRow
from store.numbers import SqlNumberStore
from store.refusal import Refusal, Why
from store.secrets import SecretBox
from tests.services.samples import KEY, new_number, numbers_in

OTHER_KEY = Token("another key that only tests use: 32 chars")
TOKEN = Token("EAAB-secret-token")


async def test_a_number_comes_back_as_it_was_added(database: Database) -> None:
    department = await SqlDepartmentStore(database).add("Vendas")
    rules = Rules(ring_window_s=20.0, claim_lease_s=3.5)
    numbers = numbers_in(database)
    added = await numbers.add(new_number("100", department="Vendas", token=TOKEN, rules=rules, inbound_enabled=False))

    assert added.phone == PhoneNumber("5511955550100")
    assert (added.department, added.department_name, added.inbound_enabled) == (department.id, "Vendas", False)
    assert (added.token, added.rules) == (TOKEN, rules)
    assert await numbers.by_phone_number_id(PhoneNumberId("100")) == added
    assert await numbers.by_id(added.id) == added
    assert await numbers.all() == [added]
    assert await numbers.by_id(NumberId(999)) is None
    assert await numbers.by_phone_number_id(PhoneNumberId("\x00' OR 1=1")) is None


async def test_a_number_keeps_only_the_rules_that_differ_from_metas_defaults(database: Database) -> None:
    await numbers_in(database).add(new_number(rules=Rules(ring_window_s=20.0)))
    stored = await database.read(
        lambda session: session.connection().exec_driver_sql("SELECT CAST(rules AS TEXT) FROM numbers").scalar_one()
    )
    assert stored == '{"ring_window_s": 20.0}'


async def test_a_ring_window_that_an_older_version_stored_ends_inside_metas_window_all_the_same(
    database: Database,
) -> None:
    numbers = numbers_in(database)
    longest_s = SETTABLE_RULES["ring_window_s"][1]
    assert longest_s + Rules().claim_lease_s <= META_WINDOW_S
    for stored_s, read_s in ((55.0, longest_s), (longest_s, longest_s), (20.0, 20.0)):
        rules = Rules(ring_window_s=stored_s, reattach_grace_s=60.0)
        added = await numbers.add(new_number(str(int(stored_s)), rules=rules))
        kept = await database.read(lambda session, key=added.id: session.get_one(NumberRow, key).rules)  # type: ignore[misc]
        assert kept.ring_window_s == stored_s, "the row is as it was left"
        for found in (
            await numbers.by_id(added.id),
            await numbers.by_phone_number_id(added.phone_number_id),
            (await numbers.all())[-1],
        ):
            assert found is not None and found.rules == replace(rules, ring_window_s=read_s)


async def test_a_number_has_metas_limits_until_it_is_given_its_own(database: Database) -> None:
    numbers = numbers_in(database)
    added = await numbers.add(new_number("100"))
    assert added.limits == Limits()
    await numbers.set_limit("100", "countries_without_outbound", "US, TR")
    changed = await numbers.set_limit("100", "concurrent_inbound", "5000")
    assert changed.limits == Limits(concurrent_inbound=5_000, countries_without_outbound=("US", "TR"))
    assert await numbers.by_id(added.id) == changed
    await numbers.set_limit("100", "concurrent_inbound", None)
    back = await numbers.set_limit("100", "countries_without_outbound", None)
    assert back.limits == Limits()
    with pytest.raises(Refusal) as caught:
        await numbers.set_limit("999", "concurrent_inbound", "1")
    assert caught.value.why is Why.UNKNOWN


async def test_a_number_of_before_there_were_limits_has_metas(database: Database) -> None:
    added = await numbers_in(database).add(new_number("100"))
    await database.run(
        lambda session: session.connection().exec_driver_sql("UPDATE numbers SET limits = NULL") and None
    )
    assert (await numbers_in(database).by_id(added.id)) == added


async def test_a_token_is_unreadable_in_the_table_and_for_another_key(database: Database) -> None:
    numbers = numbers_in(database)
    added = await numbers.add(new_number("100"))
    assert added.token is None
    changed = await numbers.set_token("100", TOKEN)
    assert changed.token == TOKEN
    row = await database.read(lambda session: session.exec(select(NumberRow)).one())
    assert row.token_encrypted is not None and TOKEN.value not in row.token_encrypted

    with pytest.raises(NeighbourError) as caught:
        await SqlNumberStore(database, SecretBox([OTHER_KEY])).by_id(added.id)
    failure = caught.value.failure
    assert (failure.code, failure.fault, failure.retry_after_s) == (
        "store.token_unreadable",
        Fault.CONFIGURATION,
        None,
    )
    assert (await numbers.set_token("100", None)).token is None


async def test_keys_can_be_changed_without_losing_a_token(database: Database) -> None:
    added = await numbers_in(database).add(new_number(token=TOKEN))
    both = SqlNumberStore(database, SecretBox([OTHER_KEY, KEY]))
    found = await both.by_id(added.id)
    assert found is not None and found.token == TOKEN
    assert await both.reencrypt_tokens() == 1
    assert await both.reencrypt_tokens() == 0
    found = await SqlNumberStore(database, SecretBox([OTHER_KEY])).by_id(added.id)
    assert found is not None and found.token == TOKEN


@pytest.mark.parametrize(
    ("changes", "why", "field"),
    [
        ({"phone_number_id": "100"}, Why.EXISTS, "phone number id"),
        ({"phone_number_id": "abc"}, Why.INVALID, "phone number id"),
        ({"phone_number_id": "٣"}, Why.INVALID, "phone number id"),
        ({"waba_id": ""}, Why.INVALID, "WhatsApp Business Account id"),
        ({"phone": "12"}, Why.INVALID, "phone"),
        ({"phone": "not a phone"}, Why.INVALID, "phone"),
        ({"label": " \t"}, Why.INVALID, "label"),
        ({"label": "two\nlines"}, Why.INVALID, "label"),
        ({"department": "Nowhere"}, Why.UNKNOWN, "department"),
        ({"token": Token("two\nlines")}, Why.INVALID, "token"),
        ({"token": Token("")}, Why.INVALID, "token"),
    ],
)
async def test_a_number_that_cannot_be_is_refused(
    database: Database, changes: dict[str, Any], why: Why, field: str
) -> None:
    numbers = numbers_in(database)
    first = await numbers.add(new_number("100"))
    with pytest.raises(Refusal) as caught:
        await numbers.add(new_number(**{"phone_number_id": "200", **changes}))
    assert (caught.value.why, caught.value.field) == (why, field)
    assert await numbers.all() == [first]


async def test_a_token_for_an_unknown_number_is_refused(database: Database) -> None:
    with pytest.raises(Refusal):
        await numbers_in(database).set_token("100", TOKEN)


@pytest.mark.parametrize("phone", ["+1 555-025-3483", "15550253483", "+55 (11) 95555-0100"])
async def test_metas_test_numbers_are_numbers_too(database: Database, phone: str) -> None:
    added = await numbers_in(database).add(new_number(phone=phone))
    assert added.phone.value.isdigit()


# ---- the box itself --------------------------------------------------------------------------------------------------


def test_a_secret_is_read_only_by_its_owner_and_only_unchanged() -> None:
    box = SecretBox([KEY])
    sealed = box.encrypt(TOKEN, "100")
    assert box.decrypt(sealed, "100") == TOKEN
    version, key_id, encoded = sealed.split(".")
    changed_tail = "A" if encoded[10] != "A" else "B"
    for damaged, owner in (
        (sealed, "200"),
        (f"{version}.{key_id}.{encoded[:10]}{changed_tail}{encoded[11:]}", "100"),
        (f"2.{key_id}.{encoded}", "100"),
        (f"{version}.{key_id}.", "100"),
        (f"{version}.{key_id}.é", "100"),
        ("", "100"),
    ):
        with pytest.raises(NeighbourError) as caught:
            box.decrypt(damaged, owner)
        assert caught.value.__context__ is None


def test_the_same_secret_never_looks_the_same() -> None:
    box = SecretBox([KEY])
    assert box.encrypt(TOKEN, "100") != box.encrypt(TOKEN, "100")


def test_a_box_without_a_key_is_refused() -> None:
    with pytest.raises(ValueError, match="a secret key is needed"):
        SecretBox([])
