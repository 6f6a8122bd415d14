"""Recordings heard over HTTP: by signed URLs in ranges, by those who may, with a line in the audit; and calls that are
still up from their journals."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import av
import numpy as np
import pytest

from gateway.live_replay import FRESH_FOR, LiveReplay
from gateway.recording_jobs import open_vault, prepared
from gateway.replay_tickets import Purpose, Ticket, Tickets
from gateway.simulator.clips import voices
from recording.journal import Leg
from signaling.call import Call, State
from signaling.ids import CallId
from signaling.ports import Role
from signaling.recording_policy import PolicyRule, RecordingPolicy, When
from store.api_keys import Scope
from store.audit import Entry, SqlAudit
from store.calls import SqlCallStore
from store.database import Database
from store.meta_files import Fetched, SqlMetaFiles, erase_meta_files
from store.people import Grants
from store.recording_policies import SqlRecordingPolicies
from store.recordings import FinishedFile, SqlRecordings
from tests.services.gateways import ServedGateway, served
from tests.services.recorded import ALWAYS, journal_of, settings_of, talk
from tests.services.samples import KEY, NOW, PASSWORD, Town, build_town, call_in, people_in
from tests.services.test_finishing import SEALED
from tests.services.test_integrators_door import key_with
from tests.services.test_recordings import being_recorded, over
from tests.unit.recording.test_mix import Talk

SOUND = Random(7).randbytes(300_000)  # several sealed pieces
PEAKS = bytes(range(16))
MARKS = ({"at_s": 3.0, "mark": "held", "count": 0}, {"at_s": 4.5, "mark": "key", "count": 0})


@pytest.fixture
async def sqlite(sqlite_url: str) -> AsyncIterator[Database]:
    opened = Database(sqlite_url)
    yield opened
    await opened.close()


@pytest.fixture
async def town(sqlite: Database) -> Town:
    return await build_town(sqlite)


@dataclass
class Answer:
    status: int
    headers: Any
    body: bytes
    json: Any


@dataclass
class Client:
    http: aiohttp.ClientSession
    url: str
    headers: dict[str, str]

    async def ask(self, method: str, path: str, *, at: dict[str, str] | None = None, **more: Any) -> Answer:
        path = path if path.startswith("/api/") else f"/api/v1{path}"
        async with self.http.request(
            method, f"{self.url}{path}", headers={**self.headers, **(at or {})}, **more
        ) as got:
            is_json = got.content_type == "application/json" and method != "HEAD"
            return Answer(got.status, got.headers, await got.read(), await got.json() if is_json else None)

    async def address(self, call: CallId, purpose: str = "replay") -> str:
        asked = await self.ask("POST", f"/calls/{call}/recording/url", json={"purpose": purpose})
        assert asked.status == 201, asked.json
        url: str = asked.json["url"]
        return url


@asynccontextmanager
async def signed_in(gateway: ServedGateway, login: str) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        client = Client(http, gateway.url, {"Origin": gateway.url})
        assert (await client.ask("POST", "/session", json={"login": login, "password": PASSWORD})).status == 200
        yield client


@asynccontextmanager
async def by_key(gateway: ServedGateway, database: Database, *scopes: Scope, **more: Any) -> AsyncIterator[Client]:
    token = await key_with(database, *scopes, **more)
    async with aiohttp.ClientSession() as http:
        yield Client(http, gateway.url, {"Authorization": f"Bearer {token.value}"})


async def kept(
    database: Database, town: Town, url: str, folder: Path, missing_s: float = 0.0, **given: Any
) -> tuple[Call, str]:
    """A call of Ana's whose recording is in the vault: `SOUND`, which is no sound. And its place there."""
    call = replace(being_recorded(town, "wacid.KEPT", ALWAYS), agent=town.agents[0])
    await SqlCallStore(database).save(call)
    await SqlCallStore(database).save(over(call))
    content = folder / "sound"
    content.write_bytes(SOUND)
    put = await open_vault(settings_of(url, folder, **given)).keep(f"2026/03/{call.id}.ogg", content)
    made = FinishedFile(
        put.path, put.key_name, put.sha256, put.size_bytes, 60.0, missing_s, missing_s > 0, PEAKS, MARKS
    )
    assert await SqlRecordings(database).finished(call.id, made, NOW)
    return call, put.path


async def audited(database: Database, about: str = "recording.") -> list[tuple[str, str, str, Any]]:
    """Oldest first."""
    lines: list[Entry] = await SqlAudit(database).newest(500)
    return [
        (line.actor, line.action, line.subject, line.data.get("reason") or line.data.get("needed"))
        for line in reversed(lines)
        if line.action.startswith((about, "api.refused"))
    ]


@pytest.mark.parametrize("keys", [None, SEALED], ids=["open", "sealed"])
async def test_ranges_of_a_recording_are_its_bytes_and_one_replay_is_one_line_in_the_audit(
    sqlite: Database, sqlite_url: str, town: Town, tmp_path: Path, keys: str | None
) -> None:
    given = {} if keys is None else {"recordings_keys": keys}
    call, path = await kept(sqlite, town, sqlite_url, tmp_path, 2.5, **given)
    on_disk = (tmp_path / "recordings" / "files" / path).read_bytes()
    assert (on_disk == SOUND) is (keys is None)
    with served(sqlite_url, tmp_path, **given) as gateway:
        async with signed_in(gateway, "ana") as ana:
            told = (await ana.ask("GET", f"/calls/{call.id}/recording")).json
            assert (told["state"], told["duration_s"], told["missing_s"], told["consent"]) == (
                "partial",
                60.0,
                2.5,
                "agreed",
            )
            assert told["marks"] == [dict(mark) for mark in MARKS] and told["consent_at"] is not None
            assert told["peaks"] == {"customer": "AAECAwQFBgc=", "agent": "CAkKCwwNDg8="}
            assert (told["may_download"], told["may_replay_live"]) == (False, False)
            url = await ana.address(call.id)
            whole = await ana.ask("GET", url)
            assert (whole.status, whole.body, whole.headers["Content-Type"]) == (200, SOUND, "audio/ogg")
            assert whole.headers["Accept-Ranges"] == "bytes" and "Content-Disposition" not in whole.headers
            for first, last in ((0, 0), (65_535, 65_536), (1_000, 200_000), (262_143, 299_999)):
                part = await ana.ask("GET", url, at={"Range": f"bytes={first}-{last}"})
                assert (part.status, part.body == SOUND[first : last + 1]) == (206, True), (first, last)
                assert part.headers["Content-Range"] == f"bytes {first}-{last}/{len(SOUND)}"
            tail = await ana.ask("GET", url, at={"Range": "bytes=-7", "If-Range": whole.headers["ETag"]})
            assert (tail.status, tail.body) == (206, SOUND[-7:])
            other = await ana.ask("GET", url, at={"Range": "bytes=-7", "If-Range": '"another"'})
            assert (other.status, other.body == SOUND) == (200, True)
            beyond = await ana.ask("GET", url, at={"Range": f"bytes={len(SOUND)}-"})
            assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{len(SOUND)}")
            head = await ana.ask("HEAD", url)
            assert (head.status, head.headers["Content-Length"], head.body) == (200, str(len(SOUND)), b"")
            assert await audited(sqlite) == [("user:1", "recording.replayed", call.id, None)]
            await ana.ask("GET", await ana.address(call.id))
            assert len(await audited(sqlite)) == 2, "another replay is another line"


async def test_a_url_is_its_askers_alone_and_what_is_forged_or_expired_is_refused_and_audited(
    sqlite: Database, sqlite_url: str, town: Town, tmp_path: Path
) -> None:
    call, path = await kept(sqlite, town, sqlite_url, tmp_path)
    people = people_in(sqlite)
    await people.add_user("rita", "Rita", PASSWORD, Role.SUPERVISOR, ["Atendimento"])
    ago = datetime.now(UTC) - timedelta(seconds=1)
    old = Tickets([KEY]).sign(Ticket("a", call.id, "user:1", Purpose.REPLAY, ago)).value
    forged = Tickets([replace(KEY, value="somebody else's key, which is long")]).sign(
        Ticket("a", call.id, "user:1", Purpose.REPLAY, datetime.now(UTC) + timedelta(hours=1))
    )
    audio = f"/calls/{call.id}/recording/audio?ticket="
    with served(sqlite_url, tmp_path) as gateway:
        async with (
            signed_in(gateway, "ana") as ana,
            signed_in(gateway, "rita") as rita,
            signed_in(gateway, "bia") as bia,
        ):
            for path_, reason in ((audio + old, "expired"), (audio + forged.value, "forged"), (audio, "forged")):
                refused = await ana.ask("GET", path_)
                assert (refused.status, refused.json["error"]["code"]) == (403, "bad_ticket"), reason
                assert (await audited(sqlite))[-1] == ("user:1", "recording.refused", call.id, reason)
            url = await ana.address(call.id)
            for somebody in (rita, bia):
                assert (await somebody.ask("GET", url)).status == 403
            assert (await audited(sqlite))[-1] == ("user:2", "recording.refused", call.id, "another")
            async with aiohttp.ClientSession() as http:
                nobody = Client(http, gateway.url, {})
                assert (await nobody.ask("GET", url)).status == 401, "the URL alone opens nothing"
            assert (await bia.ask("GET", f"/calls/{call.id}/recording")).status == 404, "not her call"
            assert (await bia.ask("POST", f"/calls/{call.id}/recording/url", json={"purpose": "replay"})).status == 404
            await people.grant("bia", "Atendimento", Grants(may_replay=True))
            assert (await bia.ask("GET", await bia.address(call.id))).body == SOUND
            (tmp_path / "recordings" / "files" / path).unlink()
            assert (await rita.ask("GET", await rita.address(call.id))).status == 409, "what cannot be read is said"


async def test_downloads_need_a_grant_or_a_scope_of_their_own(
    sqlite: Database, sqlite_url: str, town: Town, tmp_path: Path
) -> None:
    call, _ = await kept(sqlite, town, sqlite_url, tmp_path)
    people = people_in(sqlite)
    await people.add_user("rita", "Rita", PASSWORD, Role.SUPERVISOR, ["Atendimento"])
    await people.add_user("sara", "Sara", PASSWORD, Role.SUPERVISOR, [])
    await people.add_user("rosa", "Rosa", PASSWORD, Role.ADMINISTRATOR, [])
    wanted = {"purpose": "download"}
    url = f"/calls/{call.id}/recording/url"
    with served(sqlite_url, tmp_path) as gateway:
        async with signed_in(gateway, "ana") as ana:
            assert (await ana.ask("POST", url, json=wanted)).status == 403
            assert (await audited(sqlite))[-1] == ("user:1", "api.refused", call.id, "may_export")
        for login, actor in (("rita", "user:3"), ("rosa", "user:5")):
            async with signed_in(gateway, login) as leader:
                saved = await leader.ask("GET", await leader.address(call.id, "download"))
                assert (saved.body == SOUND, saved.headers["Content-Disposition"]) == (
                    True,
                    f'attachment; filename="ramal-{call.id}.ogg"',
                )
                assert (await audited(sqlite))[-1] == (actor, "recording.downloaded", call.id, None)
        async with signed_in(gateway, "sara") as sara:
            assert (await sara.ask("GET", f"/calls/{call.id}/recording")).status == 404, "not of her departments"
        async with by_key(gateway, sqlite, Scope.RECORDINGS_READ) as reader:
            assert (await reader.ask("GET", await reader.address(call.id))).body == SOUND
            assert (await audited(sqlite))[-1] == ("key:1", "recording.replayed", call.id, None)
            assert (await reader.ask("POST", url, json=wanted)).status == 403
        async with by_key(gateway, sqlite, Scope.RECORDINGS_READ, Scope.RECORDINGS_DOWNLOAD) as taker:
            assert (await taker.ask("GET", await taker.address(call.id, "download"))).body == SOUND
        async with by_key(gateway, sqlite, Scope.CALLS_READ) as other:
            assert (await other.ask("GET", f"/calls/{call.id}/recording")).status == 403
            assert (await other.ask("GET", f"/calls/{call.id}")).json["recording"] == "recorded"


async def test_a_call_without_sound_says_why(sqlite: Database, sqlite_url: str, town: Town, tmp_path: Path) -> None:
    calls, policies = SqlCallStore(sqlite), SqlRecordingPolicies(sqlite)
    ended = call_in(town, "wacid.1", state=State.ENDED, accepted_at=NOW, ended_at=NOW)
    missed = replace(call_in(town, "wacid.2"), state=State.ENDED, ended_at=NOW)
    asked = replace(ended, id=call_in(town).id, wacid=call_in(town, "wacid.3").wacid).note(NOW, "consent_asked")
    for call in (ended, missed, asked):
        await calls.save(call)
    await people_in(sqlite).add_user("rosa", "Rosa", PASSWORD, Role.ADMINISTRATOR, [])
    with served(sqlite_url, tmp_path) as gateway:
        async with signed_in(gateway, "rosa") as rosa:

            async def why(call: Call) -> str:
                told = (await rosa.ask("GET", f"/calls/{call.id}/recording")).json
                assert told["state"] == "none"
                reason: str = told["why"]
                return reason

            assert await why(ended) == "policy_never"
            await policies.write(town.number.id, [PolicyRule(RecordingPolicy(When.ON_DEMAND))], "test", NOW)
            assert [await why(call) for call in (ended, missed, asked)] == [
                "not_started",
                "not_answered",
                "consent_unanswered",
            ]
            nothing = await rosa.ask("POST", f"/calls/{ended.id}/recording/url", json={"purpose": "replay"})
            assert (nothing.status, nothing.json["error"]["state"]) == (409, "none")
            assert (await rosa.ask("GET", f"/calls/{'0' * 32}/recording")).status == 404


METAS = Random(8).randbytes(150_000)


async def by_meta(database: Database, url: str, folder: Path, call: Call) -> str:
    """What the job leaves of Meta's own recording of this call. Its place in the vault."""
    metas, content = SqlMetaFiles(database), folder / "metas"
    assert call.wacid is not None
    assert await metas.arrived(call.phone_number_id, call.wacid, "recording", "1784500000000101", "1" * 64, NOW)
    (file,) = await metas.of_call(call.id)
    content.write_bytes(METAS)
    put = await open_vault(settings_of(url, folder)).keep(f"meta/{call.id}.ogg", content)
    assert await metas.done(file.id, Fetched(put.sha256, put.size_bytes, put.path, put.key_name), NOW)
    return put.path


async def test_metas_own_recording_is_heard_beside_ours_or_alone_by_the_same_grant_and_audited(
    sqlite: Database, sqlite_url: str, town: Town, tmp_path: Path
) -> None:
    ours, _ = await kept(sqlite, town, sqlite_url, tmp_path)
    alone = call_in(town, "wacid.METAS", state=State.ENDED, accepted_at=NOW, ended_at=NOW, agent=town.agents[0])
    await SqlCallStore(sqlite).save(alone)
    for call in (ours, alone):
        place = await by_meta(sqlite, sqlite_url, tmp_path, call)
    await people_in(sqlite).add_user("rita", "Rita", PASSWORD, Role.SUPERVISOR, ["Atendimento"])
    await people_in(sqlite).add_user("sara", "Sara", PASSWORD, Role.SUPERVISOR, [])
    with served(sqlite_url, tmp_path) as gateway:
        async with signed_in(gateway, "rita") as rita, signed_in(gateway, "sara") as sara:
            lines = {line["call_id"]: line for line in (await rita.ask("GET", "/calls")).json["calls"]}
            assert [(lines[call.id]["recording"], lines[call.id]["meta_recording"]) for call in (ours, alone)] == [
                ("recorded", True),
                (None, True),
            ]
            for call, state in ((ours, "recorded"), (alone, "none")):
                told = (await rita.ask("GET", f"/calls/{call.id}/recording")).json
                assert (told["state"], told["meta"]["state"], told["meta"]["size_bytes"]) == (state, "done", len(METAS))
                url = await rita.address(call.id, "meta")
                whole = await rita.ask("GET", url)
                assert (whole.status, whole.body == METAS, whole.headers["Content-Type"]) == (200, True, "audio/ogg")
                part = await rita.ask("GET", url, at={"Range": "bytes=65535-65600"})
                assert (part.status, part.body == METAS[65_535:65_601]) == (206, True)
                assert (await rita.ask("GET", url, at={"Range": f"bytes={len(METAS)}-"})).status == 416
                assert (await audited(sqlite))[-1] == ("user:3", "recording.meta_heard", call.id, None)
                assert (await sara.ask("GET", url)).status == 403, "it is Rita's"
                refused = await sara.ask("POST", f"/calls/{call.id}/recording/url", json={"purpose": "meta"})
                assert refused.status == 404, "not of her departments"
            assert (await rita.ask("GET", await rita.address(ours.id))).body == SOUND, "ours is as it was"
            heard = [line for line in await audited(sqlite) if line[1] == "recording.meta_heard"]
            assert len(heard) == 2, "one hearing is one line, in however many pieces"
            (tmp_path / "recordings" / "files" / place).unlink()
            assert (await rita.ask("GET", await rita.address(alone.id, "meta"))).status == 409, "it cannot be read"
            url = await rita.address(ours.id, "meta")
            await sqlite.run(lambda session: erase_meta_files(session, [ours.id], NOW))
            assert (await rita.ask("GET", url)).status == 410
            gone = await rita.ask("POST", f"/calls/{ours.id}/recording/url", json={"purpose": "meta"})
            assert (gone.status, gone.json["error"]["state"]) == (409, "erased")
            assert (await rita.ask("GET", f"/calls/{ours.id}/recording")).json["meta"]["state"] == "erased"


def sides(sound: bytes) -> tuple[Any, Any]:
    with av.open(BytesIO(sound), "r") as container:
        resampler = av.AudioResampler("s16p", "stereo", 8_000)
        frames = [out.to_ndarray() for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    left, right = np.concatenate(frames, axis=1).astype(np.float64)
    return left, right


async def test_a_supervisor_hears_what_was_said_so_far_in_a_call_that_is_up(
    sqlite: Database, sqlite_url: str, town: Town, tmp_path: Path
) -> None:
    await people_in(sqlite).add_user("rita", "Rita", PASSWORD, Role.SUPERVISOR, ["Atendimento"])
    call = replace(being_recorded(town, "wacid.UP", ALWAYS), agent=town.agents[0])
    with served(sqlite_url, tmp_path) as gateway:
        await SqlCallStore(sqlite).save(call)  # after the start, which ends what is left of before
        async with signed_in(gateway, "rita") as rita, signed_in(gateway, "ana") as ana:
            asks: Any = ("POST", f"/calls/{call.id}/recording/url")
            assert (await rita.ask(*asks, json={"purpose": "replay"})).json["error"]["code"] == "no_sound", "not here"
            journal = talk().write(journal_of(tmp_path, call.id), None)
            with journal.open("ab") as growing:
                growing.write(b"RJ\x20")  # the beginning of a record that is being written
            told = (await rita.ask("GET", f"/calls/{call.id}/recording")).json
            assert (told["state"], told["may_replay_live"], told["may_download"]) == ("recording", True, False)
            first = (await rita.ask(*asks, json={"purpose": "replay"})).json
            assert 2.5 < first["live"]["duration_s"] < 3.0 and first["live"]["peaks"]["customer"]
            left, right = sides((await rita.ask("GET", first["url"])).body)
            said_s = slice(8_000 // 2, 8_000)  # only the customer speaks in the first second and a half
            assert np.abs(left[said_s]).mean() > 100 and np.abs(right[said_s]).mean() < 10
            again = (await rita.ask(*asks, json={"purpose": "replay"})).json
            assert again["live"] == first["live"], "one sound serves everybody for some seconds"
            assert (await rita.ask(*asks, json={"purpose": "download"})).status == 409
            assert (await ana.ask(*asks, json={"purpose": "replay"})).status == 403, "agents hear it when it is over"
            assert (await ana.ask("GET", first["url"])).status == 403
            assert list((tmp_path / "recordings" / "live").iterdir()) == [], "nothing lies around"
            heard = [line for line in await audited(sqlite) if line[1] == "recording.heard_live"]
            assert heard == [("user:3", "recording.heard_live", call.id, None)]


async def test_what_was_said_meanwhile_is_in_the_next_live_sound(tmp_path: Path) -> None:
    prepared(tmp_path)
    at = [NOW]
    live, call = LiveReplay(tmp_path, lambda: at[0]), CallId("c" * 32)
    await live.start()
    said = Talk()
    said.say(Leg.CUSTOMER, voices()["joao"].packets[:60], 0.5)
    journal = said.write(tmp_path / "journals" / f"{call}.journal", None)
    before = await live.newest(call)
    said.say(Leg.AGENT, voices()["maria"].packets[:60], 4.0, ssrc=9)
    said.write(journal, None)
    assert await live.newest(call) is before
    at[0] += FRESH_FOR
    after = await live.newest(call)
    assert (after.duration_s > 5 > before.duration_s, live.sound(before.id)) == (True, before)
    reading = before.read(0, before.size_bytes - 1)
    begun = await anext(reading)
    at[0] += timedelta(hours=1)
    assert live.sound(before.id) is None
    assert begun + b"".join([portion async for portion in reading]) and before.handle == -1, "who reads, reads on"
    await live.stop()
