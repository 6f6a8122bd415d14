"""Sounds of a plan on their way to the customer's ear: uploaded, found, left out, given up. On both databases."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from gateway.announcer import Announcer
from gateway.heard_lately import HeardLately
from gateway.media.plane import Prompt
from gateway.media.prompt_library import SHIPPED, PromptLibrary
from gateway.media.switchboard import Switchboard
from gateway.sounds import Sounds
from signaling.call import Call, State
from signaling.effects import PlayPrompts
from signaling.errors import Failure, Fault, NeighbourError
from signaling.events import CallEvent, PromptEnded
from signaling.ids import CallId
from signaling.plan import Announce, HangUp, Place, Plan, PromptId, StepId
from store.calls import SqlCallStore
from store.database import Database
from store.prompts import SqlPrompts
from store.prompts_heard import SqlPromptsHeard
from store.refusal import Refusal
from tests.services.samples import NOW, build_town, call_in, customer

SAY, END = StepId("say"), StepId("end")
GREETING = PromptId("greeting")
EVERY_HALF_HOUR = PlayPrompts(CallId(""), (GREETING,), 1, once_in_min=30)


@dataclass
class Ears:
    """A switchboard as far as sounds go: they are over at once."""

    heard: list[Prompt] = field(default_factory=list)

    def play(self, call_id: CallId, prompt: Prompt, played: Callable[[], None]) -> None:
        self.heard.append(prompt)
        if not prompt.loop:
            played()


@dataclass
class Desk:
    """One process: an announcer with its own memory, and the calls that are up."""

    announcer: Announcer
    ears: Ears
    calls: list[Call]

    async def play(self, effect: PlayPrompts, call: Call) -> list[CallEvent]:
        told: list[CallEvent] = []
        await self.announcer(replace(effect, call_id=call.id), told.append)
        return told


def desk(database: Database, folder: Path, at: datetime = NOW, heard: Any = None) -> Desk:
    ears: Ears = Ears()
    calls: list[Call] = []
    store = HeardLately(heard or SqlPromptsHeard(database))
    library = PromptLibrary(folder)
    return Desk(Announcer(cast(Switchboard, ears), library, lambda: calls, lambda: at, store), ears, calls)


def files_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def waiting_call(database: Database, **changes: Any) -> Call:
    town = await build_town(database)
    plan = Plan(SAY, {SAY: Announce(END, GREETING, once_in_min=30), END: HangUp()})
    maria = customer("5511955550101", "BR.1049")
    call = call_in(town, customer=maria, state=State.WAITING, plan=plan, place=Place(SAY), **changes)
    await SqlCallStore(database).save(call)
    return call


async def test_a_greeting_is_heard_once_in_its_minutes_also_after_a_restart(database: Database, tmp_path: Path) -> None:
    call = await waiting_call(database)
    first = desk(database, tmp_path)
    first.calls.append(call)
    assert await first.play(EVERY_HALF_HOUR, call) == [PromptEnded(1)]
    assert await first.play(EVERY_HALF_HOUR, call) == [PromptEnded(1)]
    assert [prompt.name for prompt in first.ears.heard] == ["greeting"]

    after_the_restart = desk(database, tmp_path, NOW + timedelta(minutes=29))
    after_the_restart.calls.append(call)
    assert await after_the_restart.play(EVERY_HALF_HOUR, call) == [PromptEnded(1)]
    assert after_the_restart.ears.heard == []

    later = desk(database, tmp_path, NOW + timedelta(minutes=30))
    later.calls.append(call)
    await later.play(EVERY_HALF_HOUR, call)
    assert len(later.ears.heard) == 1


class Away:
    """A store that answers to nobody, or never."""

    def __init__(self, never: bool) -> None:
        self.never = never

    async def begin(self, *_: object) -> datetime | None:
        if self.never:
            await asyncio.Event().wait()
        raise NeighbourError(Failure("store.away", Fault.NETWORK, retry_after_s=1.0))


@pytest.mark.parametrize("never", [False, True], ids=["away", "silent"])
async def test_while_the_store_is_away_the_process_itself_remembers(
    sqlite_url: str, tmp_path: Path, never: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.heard_lately.PATIENCE_S", 0.05)
    database = Database(sqlite_url)
    call = await waiting_call(database)
    lonely = desk(database, tmp_path, heard=Away(never))
    lonely.calls.append(call)
    assert await lonely.play(EVERY_HALF_HOUR, call) == [PromptEnded(1)]
    assert await lonely.play(EVERY_HALF_HOUR, call) == [PromptEnded(1)]
    assert len(lonely.ears.heard) == 1
    await database.close()


async def test_an_uploaded_sound_is_played_as_often_as_asked(database: Database, tmp_path: Path) -> None:
    sounds = Sounds(PromptLibrary(tmp_path), SqlPrompts(database))
    file = (SHIPPED / "en" / "farewell.ogg").read_bytes()
    call = await waiting_call(database)
    upload = await sounds.upload("Natal", file, "user:1", NOW)
    assert upload.id in await sounds.names() and 1_000 < upload.duration_ms < 10_000
    place = desk(database, tmp_path)
    place.calls.append(call)
    for _ in range(2):
        assert await place.play(PlayPrompts(call.id, (upload.id,), 1), call) == [PromptEnded(1)]
    assert await place.play(PlayPrompts(call.id, (upload.id,), 1, loops=True), call) == []
    assert [(prompt.name, prompt.loop) for prompt in place.ears.heard] == [(upload.id, False)] * 2 + [(upload.id, True)]
    assert round(len(place.ears.heard[0].packets) * 20, -2) == round(upload.duration_ms, -2)


async def test_a_sound_whose_name_is_taken_leaves_no_file(database: Database, tmp_path: Path) -> None:
    await build_town(database)
    folder = tmp_path / "prompts"
    sounds = Sounds(PromptLibrary(folder), SqlPrompts(database))
    file = (SHIPPED / "beep.ogg").read_bytes()
    first = await sounds.upload("Natal", file, "user:1", NOW)
    with pytest.raises(Refusal):
        await sounds.upload("Natal", file, "user:1", NOW)
    assert files_in(folder) == [first.id]
    assert await sounds.remove(first.id, "user:1", NOW)
    assert files_in(folder) == []
    assert not await sounds.remove(first.id, "user:1", NOW)


async def test_a_sound_gets_another_name_that_no_other_has(database: Database, tmp_path: Path) -> None:
    await build_town(database)
    sounds = Sounds(PromptLibrary(tmp_path), SqlPrompts(database))
    file = (SHIPPED / "beep.ogg").read_bytes()
    christmas, easter = [await sounds.upload(name, file, "user:1", NOW) for name in ("Natal", "Páscoa")]
    with pytest.raises(Refusal, match="already"):
        await sounds.store.rename(easter.id, " Natal ", "user:1", NOW)
    with pytest.raises(Refusal, match="printable"):
        await sounds.store.rename(easter.id, "\t", "user:1", NOW)
    renamed = await sounds.store.rename(christmas.id, "Natal 2027", "user:1", NOW)
    assert renamed is not None and renamed.duration_ms == christmas.duration_ms
    assert [upload.name for upload in await sounds.store.all()] == ["Natal 2027", "Páscoa"]
    assert await sounds.store.rename(PromptId("0" * 32), "Ano novo", "user:1", NOW) is None


async def test_a_sound_whose_file_is_gone_fails_and_says_whose_fault_it_is(database: Database, tmp_path: Path) -> None:
    call = await waiting_call(database)
    place = desk(database, tmp_path)
    place.calls.append(call)
    with pytest.raises(NeighbourError) as caught:
        await place.play(PlayPrompts(call.id, (PromptId("0" * 32),), 1), call)
    assert (caught.value.failure.code, caught.value.failure.fault) == ("prompt.unusable", Fault.CONFIGURATION)


@pytest.mark.parametrize(
    "meanwhile",
    [{"state": State.TALKING}, {"place": Place(END, number=2)}, {"state": State.ENDED}],
    ids=["an agent talks", "the next step", "over"],
)
async def test_a_sound_that_comes_too_late_covers_nobody(
    sqlite_url: str, tmp_path: Path, meanwhile: dict[str, Any]
) -> None:
    database = Database(sqlite_url)
    call = await waiting_call(database)
    place = desk(database, tmp_path)
    place.calls.append(call)
    playing = asyncio.create_task(place.play(EVERY_HALF_HOUR, call))
    await asyncio.sleep(0)  # it has begun, and asks the store
    place.calls[0] = replace(call, **meanwhile)
    assert await playing == []
    assert place.ears.heard == []
    await database.close()
