"""`ramal load` as it is used: a command that starts a gateway, and one against a gateway that is there."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from gateway.load.site import MetaAccount, free_port, started_gateway

ROOT = Path(__file__).parents[2]
JUDGES_SPEED = {"webhook_slow"}


async def ramal_load(*options: str, **settings: str) -> tuple[int, str, str]:
    """Exit code, stdout, stderr."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", "load", *options),
        cwd=ROOT,
        env={**os.environ, "BENCH_QUICK": "1", "COLUMNS": "200", **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


def last_line(out: str) -> dict[str, Any]:
    told = json.loads(out.splitlines()[-1])
    assert isinstance(told, dict)
    return told


async def test_calls_are_set_up_talk_and_end_and_everything_is_told() -> None:
    code, out, err = await ramal_load("--json", "--calls=3", "--rate=4", "--duration=3")
    assert code == 0, err
    told = last_line(out)
    assert (told["failures"], told["failures_by_reason"]) == (0, {})
    assert told["calls_up"] >= 3
    assert told["setups"] > 3  # calls came and went
    assert told["packets_heard"] > 100 and told["packets_lost"] == 0
    assert told["wrong_voices"] == 0
    assert not told["meta_faults"].keys() - JUDGES_SPEED
    for measure in ("mouth_to_ear", "webhook_to_pre_accept", "offer_to_ring", "answer_to_first_packet"):
        assert 0 < told[f"{measure}_ms_p50"] <= told[f"{measure}_ms_p99"]
    assert told["added_latency_ms_p50"] >= 0
    assert told["gateway_cpu_s"] > 0 and told["gateway_rss_mib"] > 0
    assert (told["conditions"]["calls"], told["conditions"]["media"]) == (3, True)
    assert "calls up at once" in err and "\x1b" not in err


async def test_signalling_alone_holds_calls_in_which_nobody_speaks() -> None:
    code, out, err = await ramal_load("--json", "--no-media", "--calls=3", "--rate=4", "--hold=60", "--duration=2")
    assert code == 0, err
    told = last_line(out)
    assert (told["calls_up"], told["setups"], told["failures_by_reason"]) == (3, 3, {})
    assert told["mouth_to_ear_ms_p50"] is None and told["answer_to_first_packet_ms_p50"] is None
    assert told["webhook_to_pre_accept_ms_p50"] > 0


async def test_calls_beyond_the_limit_are_refused_and_taken_again_once_the_others_have_ended() -> None:
    code, out, err = await ramal_load(
        *("--json", "--no-media", "--calls=2", "--rate=4", "--hold=60", "--duration=1"),
        *("--beyond=2", "--agents=5", "--setting=RAMAL_MAX_CALLS=2"),
    )
    assert code == 0, err
    told = last_line(out)
    assert told["beyond"] == {"asked": 2, "refused": 2, "again": True, "places_held": 0}
    assert (told["calls_up"], told["failures_by_reason"]) == (2, {})


async def test_beyond_the_limit_calls_in_and_out_are_each_refused_for_it() -> None:
    code, out, err = await ramal_load(
        *("--json", "--no-media", "--in=1", "--out=1", "--rate=4", "--hold=60", "--duration=1", "--beyond=2"),
        "--setting=RAMAL_MAX_CALLS=2",
    )
    assert code == 0, err
    told = last_line(out)
    assert told["beyond"] == {"asked": 4, "refused": 4, "again": True, "places_held": 0}
    assert (told["calls_up"], told["failures_by_reason"]) == (2, {})


async def answers(http: aiohttp.ClientSession, url: str) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                async with http.get(f"{url}/readyz"):
                    return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.1)  # another process is starting


async def test_agents_of_a_started_gateway_have_a_session_each_without_signing_in(tmp_path: Path) -> None:
    graph_url = f"http://127.0.0.1:{free_port()}"
    account = MetaAccount.made_up()
    async with (
        started_gateway(tmp_path, account, graph_url, ["ana", "bia"], {"RAMAL_PLANE": "python"}) as site,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
    ):
        await answers(http, site.url)
        for login in ("ana", "bia"):
            async with http.get(f"{site.url}/api/v1/session", headers={"Cookie": site.cookies[login]}) as answer:
                assert (answer.status, (await answer.json())["me"]["name"]) == (200, login)
        async with http.get(f"{site.url}/api/v1/session", headers={"Cookie": f"{site.cookies['ana']}x"}) as answer:
            assert answer.status == 401


async def test_a_gateway_does_not_outlive_a_load_that_is_interrupted(tmp_path: Path) -> None:
    graph_url, pid = f"http://127.0.0.1:{free_port()}", None
    with pytest.raises(asyncio.CancelledError):
        async with started_gateway(tmp_path, MetaAccount.made_up(), graph_url, ["ana"], {}) as site:
            pid = site.pid
            raise asyncio.CancelledError
    assert pid is not None and not psutil.pid_exists(pid)


async def test_a_gateway_that_is_there_is_put_under_load(tmp_path: Path) -> None:
    account, meta_port = MetaAccount.made_up(), free_port()
    users = tmp_path / "users.json"
    async with started_gateway(
        tmp_path, account, f"http://127.0.0.1:{meta_port}", ["ana", "bia"], {"RAMAL_PLANE": "python"}
    ) as site:
        users.write_text(json.dumps(dict(site.passwords)))
        code, out, err = await ramal_load(
            *("--json", "--calls=1", "--rate=2", "--duration=2", f"--gateway={site.url}", f"--users={users}"),
            *(f"--listen=127.0.0.1:{meta_port}", "--hold=1"),
            RAMAL_META_APP_SECRET=account.app_secret.value,
            RAMAL_META_VERIFY_TOKEN=account.verify_token.value,
            RAMAL_META_TOKEN=account.access_token.value,
        )
    assert code == 0, err
    told = last_line(out)
    assert told["setups"] >= 1 and told["failures_by_reason"] == {}
    assert told["gateway_cpu_s"] is None and told["gateway_rss_mib"] is None  # it did not say which process


async def test_a_gateway_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    users = tmp_path / "users.json"
    users.write_text('{"ana": "nobody asks"}')
    secrets = dict.fromkeys(("RAMAL_META_APP_SECRET", "RAMAL_META_VERIFY_TOKEN", "RAMAL_META_TOKEN"), "word")
    code, _, err = await ramal_load(
        f"--gateway=http://127.0.0.1:{free_port()}", f"--users={users}", "--gateway-up-within=0.5", **secrets
    )
    assert code == 1
    assert "did not answer the webhook's challenge" in err


async def test_agents_call_customers_who_pick_up_and_both_hear_each_other() -> None:
    code, out, err = await ramal_load("--json", "--calls=4", "--in=1", "--out=3", "--rate=2", "--duration=3")
    assert code == 0, err
    told = last_line(out)
    assert told["failures_by_reason"] == {} and told["meta_faults"] == {}
    assert told["calls_up"] >= 4 and told["packets_lost"] == 0 and told["wrong_voices"] == 0
    assert told["place_to_first_packet_ms_p50"] > 0 and told["pick_up_to_customers_voice_ms_p50"] > 0


async def test_a_call_out_that_the_gateway_refuses_fails_with_the_gateways_own_word() -> None:
    code, out, err = await ramal_load(
        *("--json", "--no-media", "--calls=2", "--out=2", "--rate=2", "--duration=1", "--setting=RAMAL_MAX_CALLS=1"),
        *("--hold=60", "--agents=3"),
    )
    assert code == 0, err
    told = last_line(out)
    assert told["calls_up"] == 1
    assert set(told["failures_by_reason"]) == {"place_capacity.calls"}
