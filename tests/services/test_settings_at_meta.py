"""Settings of a number carried to Meta and compared with Meta's: the strict simulated Meta over HTTP, and a real
database. On SQLite and PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from gateway.settings_keeper import SettingsKeeper
from gateway.simulator.app import RunningSimulator, running
from gateway.simulator.number_standing import PAUSES_SETTINGS, Punishment, Standing
from gateway.simulator.settings import MetaRules, SimulatorSettings
from gateway.warnings_kept import WarningsKept
from signaling.events import AccountUpdated, AccountWarning, SettingsChanged
from signaling.ids import DepartmentId, NumberId, PhoneNumberId
from signaling.meta.graph_api import GraphApi, Patiences
from signaling.meta.graph_transport import Patience
from signaling.meta_rules import Limits
from signaling.number_form import NumberForm
from signaling.private import PhoneNumber, Token
from signaling.settings_at_meta import LEFT_ALONE, Icon, MirrorState, SettingsAtMeta, Wanted
from store.audit import SqlAudit
from store.database import Database
from store.number_plans import ChangedMeanwhile, Writing
from store.number_settings import InUse, SqlNumberSettings, StoredSettings
from store.number_warnings import NumberWarning, SqlNumberWarnings
from store.numbers import SqlNumberStore
from store.refusal import Refusal, Why
from store.secrets import SecretBox
from tests.services.gateways import closed_port
from tests.services.samples import KEY, build_town, call_in, new_number, numbers_in
from tests.simulator.silent_lines import SilentLines

PNID = "306540000000002"
PHONE = "+55 11 3333-0000"
ONCE = Patience(attempt_s=5.0, total_s=5.0, attempts=1)
SOON_S = 0.02


def clock() -> datetime:
    return datetime.now(UTC)


def by(name: str = "user:1", seen: int | None = None) -> Writing:
    return Writing(name, clock(), seen)


@dataclass(frozen=True)
class NotedSettings(SqlNumberSettings):
    """The store itself, which tells when a keeper, at work beside the test, has noted something."""

    noted: asyncio.Event = field(default_factory=asyncio.Event)

    async def note_at_meta(self, number: NumberId, seen: SettingsAtMeta, before: SettingsAtMeta | None) -> bool:
        done = await super().note_at_meta(number, seen, before)
        self.noted.set()
        return done


@dataclass
class Town:
    store: NotedSettings
    numbers: SqlNumberStore
    number: NumberId
    simulator: RunningSimulator
    http: aiohttp.ClientSession
    keepers: list[SettingsKeeper] = field(default_factory=list)

    def keeper(self, url: str | None = None, look_every_s: float = 3_600.0) -> SettingsKeeper:
        keeper = SettingsKeeper(self.store, self.numbers, self.graph(url), clock, look_every_s, SOON_S)
        self.keepers.append(keeper)
        return keeper

    def graph(self, url: str | None = None) -> GraphApi:
        async def token(_: PhoneNumberId) -> Token:
            return Token("token")

        patiences = Patiences(reading=ONCE, changing=ONCE)
        return GraphApi(self.http, url or self.simulator.url, "v25.0", token, clock, patiences=patiences)

    async def stored(self) -> StoredSettings:
        stored = await self.store.of(self.number)
        assert stored is not None
        return stored

    async def want(self, **wanted: Any) -> None:
        form = (await self.stored()).form
        await self.store.write(self.number, replace(form, wanted=Wanted(**wanted)), by())

    async def at_meta(self) -> SettingsAtMeta:
        seen = (await self.stored()).at_meta
        assert seen is not None
        return seen

    async def until(self, state: MirrorState) -> SettingsAtMeta:
        async with asyncio.timeout(20):
            while (seen := await self.at_meta()).state is not state:
                await self.store.noted.wait()
                self.store.noted.clear()
        return seen

    @property
    def metas(self) -> dict[str, Any]:
        return self.simulator.exchange.number.calling

    def somebody_changes_meta(self, **calling: Any) -> None:
        assert self.simulator.exchange.change_settings({"calling": calling}) is None


@pytest.fixture
async def town(database: Database) -> AsyncIterator[Town]:
    numbers = numbers_in(database)
    number = await numbers.add(new_number(PNID, phone=PHONE))
    settings = SimulatorSettings(
        webhook_url=f"http://127.0.0.1:{closed_port()}",
        app_secret=Token("app secret"),
        verify_token=Token("verify"),
        access_token=Token("token"),
        rules=MetaRules(graph_latency_s=0.0),
    )
    store = NotedSettings(database, SecretBox([KEY]))
    async with running(settings, lines=SilentLines()) as simulator, aiohttp.ClientSession() as http:
        made = Town(store, numbers, number.id, simulator, http)
        yield made
        for keeper in made.keepers:
            await keeper.stop()


async def test_what_is_saved_is_metas_at_once_and_what_is_left_alone_stays(town: Town) -> None:
    town.somebody_changes_meta(call_icon_visibility="DISABLE_ALL")
    await town.want(calling=False, callback=True, countries=("BR", "PT"))
    await town.keeper().written(town.number)
    assert (await town.at_meta()).state is MirrorState.SAME
    assert town.metas == {
        "status": "DISABLED",
        "call_icon_visibility": "DISABLE_ALL",
        "callback_permission_status": "ENABLED",
        "call_icons": {"restrict_to_user_countries": ["BR", "PT"]},
    }


async def test_a_change_made_at_meta_is_found_shown_and_written_over_only_when_told(town: Town) -> None:
    keeper = town.keeper()
    await town.want(calling=True, icon=Icon.SHOWN)
    await keeper.written(town.number)
    town.somebody_changes_meta(call_icon_visibility="DISABLE_ALL")
    keeper.heard(SettingsChanged(PhoneNumberId("999"), clock(), {}))
    keeper.heard(SettingsChanged(PhoneNumberId(PNID), clock(), {}))
    seen = await town.until(MirrorState.DIFFERENT)
    assert [(p.place, p.ours, p.metas) for p in seen.places if p.ours not in (None, p.metas)] == [
        ("icon", "shown", "hidden")
    ]
    await town.want(calling=True, icon=Icon.SHOWN, callback=True)
    await keeper.written(town.number)
    assert town.metas["call_icon_visibility"] == "DISABLE_ALL", "another change of ours is no reason to undo theirs"
    assert town.metas["callback_permission_status"] == "ENABLED"
    await keeper.tell_again(town.number)
    assert (await town.at_meta()).state is MirrorState.SAME
    assert town.metas["call_icon_visibility"] == "DEFAULT"


async def test_what_meta_refuses_is_kept_by_its_place_and_the_rest_is_done(town: Town) -> None:
    town.somebody_changes_meta(status="DISABLED")
    town.simulator.exchange.standing = Standing(tier="TIER_1K")
    await town.want(calling=True, icon=Icon.HIDDEN)
    keeper = town.keeper()
    await keeper.written(town.number)
    seen = await town.at_meta()
    places = {place.place: place for place in seen.places}
    assert (seen.state, seen.to_write) == (MirrorState.FAILED, ("calling",))
    assert (places["calling"].failure, places["calling"].metas) == ("meta.138015", "off")
    assert "messaging limit" in places["calling"].said
    assert (places["icon"].failure, places["icon"].metas) == (None, "hidden")
    town.simulator.exchange.standing = Standing(tier="TIER_10K")
    await keeper.look(town.number)
    assert (await town.at_meta()).state is MirrorState.SAME
    town.simulator.exchange.standing = Standing(restrictions=[Punishment(type=PAUSES_SETTINGS)])
    await town.want(calling=True, icon=Icon.SHOWN)
    await keeper.written(town.number)
    assert [p.failure for p in (await town.at_meta()).places] == [None, "meta.138014", None, None]


async def test_while_meta_is_away_it_is_tried_again_and_the_reason_is_shown(town: Town) -> None:
    keeper = town.keeper(f"http://127.0.0.1:{closed_port()}")
    keeper.start()
    await town.want(icon=Icon.HIDDEN)
    await keeper.written(town.number)
    seen = await town.at_meta()
    assert (seen.state, seen.failure, seen.to_write) == (MirrorState.FAILED, "network.unreachable", ("icon",))
    keeper.graph = town.graph()
    await town.until(MirrorState.SAME)
    assert town.metas["call_icon_visibility"] == "DISABLE_ALL"


async def test_a_disabled_number_leaves_meta_alone_and_takes_and_makes_no_call(town: Town) -> None:
    await town.store.set_disabled(town.number, True, by())
    await town.want(icon=Icon.HIDDEN)
    assert await town.keeper().look(town.number) is None
    assert town.metas["call_icon_visibility"] == "DEFAULT"
    number = await town.numbers.by_id(town.number)
    assert number is not None
    assert (number.is_disabled, number.inbound_enabled, number.outbound_enabled) == (True, False, False)
    enabled = await town.store.set_disabled(town.number, False, by())
    assert (enabled.disabled_at, enabled.form.inbound) == (None, True)


async def test_two_administrators_do_not_overwrite_each_other_and_each_act_is_audited(database: Database) -> None:
    town = await build_town(database)
    store, number = SqlNumberSettings(database, SecretBox([KEY])), town.number.id
    stored = await store.of(number)
    assert stored is not None
    before = stored.form
    assert (before.slug, before.wanted, stored.document.version) == ("vendas", LEFT_ALONE, 0)
    after = NumberForm("Loja", "loja", None, inbound=False, outbound=True, limits=Limits(concurrent_inbound=5_000))
    written = await store.write(number, replace(after, wanted=Wanted(calling=True)), by("user:1", seen=0))
    assert written.form == replace(after, wanted=Wanted(calling=True))
    assert (written.document.version, written.document.changed_by) == (1, "Ana")
    with pytest.raises(ChangedMeanwhile) as meanwhile:
        await store.write(number, before, by("user:2", seen=0))
    assert meanwhile.value.now.version == 1
    await numbers_in(database).set_inbound(town.number.phone_number_id, True)
    with pytest.raises(ChangedMeanwhile):
        await store.write(number, before, by("user:2", seen=1))
    with pytest.raises(Refusal) as unknown:
        await store.write(number, replace(before, department=DepartmentId(999)), by())
    assert (unknown.value.why, unknown.value.field) == (Why.UNKNOWN, "department")
    await store.set_token(number, Token("EAAnew"), by("user:1"))
    kept = await numbers_in(database).by_id(number)
    assert kept is not None and kept.token == Token("EAAnew")
    lines = [(entry.action, entry.actor, dict(entry.data)) for entry in await SqlAudit(database).newest()]
    assert lines == [
        ("number.token_written", "user:1", {"version": 3, "own": True}),
        (
            "number.settings_written",
            "user:1",
            {"version": 1, "changed": "label,slug,department,inbound,outbound,limits,at_meta.calling"},
        ),
    ]


async def test_an_internal_id_is_one_numbers_alone(database: Database) -> None:
    numbers, store = numbers_in(database), SqlNumberSettings(database, SecretBox([KEY]))
    added = [await numbers.add(new_number(str(id_), label="Loja Açaí")) for id_ in (1, 2, 3)]
    assert [number.slug for number in added] == ["loja-acai", "loja-acai-2", "loja-acai-3"]
    with pytest.raises(Refusal) as taken:
        await numbers.add(new_number("4", slug="loja-acai"))
    assert (taken.value.why, taken.value.field) == (Why.EXISTS, "slug")
    stored = await store.of(added[1].id)
    assert stored is not None
    with pytest.raises(Refusal):
        await store.write(added[1].id, replace(stored.form, slug="loja-acai"), by())


async def test_a_number_without_calls_can_be_removed_and_one_with_calls_only_disabled(database: Database) -> None:
    from store.calls import SqlCallStore

    town = await build_town(database)
    store, number = SqlNumberSettings(database, SecretBox([KEY])), town.number.id
    other = await numbers_in(database).add(new_number("777"), by())
    warning = NumberWarning(clock(), AccountWarning.VIOLATION, "LOW_CALLING_QUALITY", None)
    await SqlNumberWarnings(database).add(other.id, warning)
    await store.remove(other.id, by())
    assert await numbers_in(database).by_id(other.id) is None
    await SqlCallStore(database).save(call_in(town))
    with pytest.raises(InUse) as used:
        await store.remove(number, by())
    assert "calls" in used.value.tables
    assert await numbers_in(database).by_id(number) is not None


async def test_what_meta_warns_of_is_kept_once_for_the_number_it_is_about(database: Database) -> None:
    numbers, warnings = numbers_in(database), SqlNumberWarnings(database)
    one = await numbers.add(new_number("1", phone="+55 11 95555-0101"))
    two = await numbers.add(new_number("2", phone="+55 11 95555-0102", waba_id="777"))
    kept = WarningsKept(warnings, numbers, clock)
    low = AccountUpdated(
        "0",
        clock(),
        AccountWarning.VIOLATION,
        ("USER_INITIATED_CALLS_LOW_PICKUP_RATE",),
        phone=PhoneNumber(one.phone.value),
    )
    paused = AccountUpdated("777", None, AccountWarning.RESTRICTION, ("RESTRICTED_USER_INITIATED_CALLING",), clock())
    for event in (low, low, paused, SettingsChanged(PhoneNumberId("1"), clock(), {})):
        await kept.heard(event)
    assert [(w.kind, w.type) for w in await warnings.newest(one.id)] == [
        (AccountWarning.VIOLATION, "USER_INITIATED_CALLS_LOW_PICKUP_RATE")
    ]
    assert [w.until for w in await warnings.newest(two.id)] == [paused.expires_at]
