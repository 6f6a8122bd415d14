"""`python -m tests.bench.wall`: the live wall with 200 calls that move, from a supervisor's interaction to the paint.

One JSON object. A real gateway with its store, Socket.IO and page, and a real Chromium; calls are moved at the desk, as
their runners would, so that no customers and agents of a load test take the browser's time. Then what the wall costs
the gateway by itself, by the number of calls that move and of pages that watch.
"""

import asyncio
import json
import logging
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from playwright.sync_api import Page, sync_playwright

from gateway.clock import utc_now
from signaling.agents.desk import Desk
from signaling.call import Call, Claim, State
from signaling.ids import AgentId, DepartmentId, SeatId
from signaling.ports import Agent, Role
from signaling.private import Token
from signaling.sound import Light, Lights
from store.database import Database
from store.departments import SqlDepartmentStore
from store.migrate import upgrade
from store.numbers import NewNumber, SqlNumberStore
from store.passwords import Passwords
from store.people import SqlPeopleStore
from store.secrets import SecretBox
from tests.browser.softphone import CHROMIUM
from tests.scenarios.test_desk_shows import SALES, agent, waiting_call
from tests.scenarios.test_wall import SUE, WallOffice, talking
from tests.services.gateways import served
from tests.services.samples import KEY

CALLS = 200
WAITING = 20
MOVES_PER_S = 120
BEGIN_AND_END_PER_S = 10
ROUNDS = 25
PASSWORD = "a long enough one"

FROM_EVENT_TO_PAINT = """
() => {
  window.painted = [];
  for (const type of ["pointerdown", "click", "keydown", "input", "wheel"]) {
    addEventListener(type, ({ timeStamp }) => requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => window.painted.push([type, performance.now() - timeStamp]);
      port2.postMessage(0);
    }), { capture: true, passive: true });
  }
}
"""


def up(number: int, at: datetime) -> Call:
    who = AgentId(1_000 + number)
    claim = Claim(who, SeatId(f"seat-{who}"), audible=True)
    call = replace(waiting_call(number), received_at=at - timedelta(seconds=60))
    return replace(call, state=State.TALKING, claim=claim, agent=who, answered_at=at, accepted_at=at)


def waits(number: int, at: datetime) -> Call:
    return replace(waiting_call(number), received_at=at)


async def move_for_ever(desk: Desk, rng: random.Random) -> None:
    """Calls go on hold and back, sound better and worse, end, and others take their place."""
    for number in range(CALLS + 200):
        who = replace(agent(1_000 + number, SALES), name=f"Agent {number}")
        desk.connected(f"bench-{number}", who, f"tab-bench-{number:04}")
    calls = {number: up(number, utc_now()) for number in range(CALLS - WAITING)}
    line = {number: waits(number, utc_now()) for number in range(10_000, 10_000 + WAITING)}
    for call in (*calls.values(), *line.values()):
        desk.call_changed(call)
    pause_s, newest = 0.05, 10_000 + WAITING
    while True:
        for _ in range(round(MOVES_PER_S * pause_s)):
            number = rng.choice(list(calls))
            call = calls[number]
            if rng.random() < 0.5:
                calls[number] = replace(call, held=not call.held)
                desk.call_changed(calls[number])
            elif call.claim is not None:
                light = rng.choice(list(Light))
                desk.pages.show_quality(call.claim.agent, call.id, Lights(light, light, Light.GOOD))
        if rng.random() < BEGIN_AND_END_PER_S * pause_s:
            number = rng.choice(list(calls))
            desk.call_changed(replace(calls.pop(number), state=State.ENDED, ended_at=utc_now()))
            first = min(line)
            del line[first]
            calls[number] = up(number, utc_now())
            desk.call_changed(replace(calls[number], id=waits(first, utc_now()).id))
            calls[number] = replace(calls[number], id=waits(first, utc_now()).id)
            line[newest] = waits(newest, utc_now())
            desk.call_changed(line[newest])
            newest += 1
        await asyncio.sleep(pause_s)


def interactions(page: Page) -> Iterator[str]:
    """One round of what a supervisor does."""
    up_box = page.locator("[data-testid=wall-up] div:has(> table)")
    page.get_by_test_id("wall-supervise").nth(2).click()
    yield "open"
    for key in ("ArrowDown", "ArrowDown", "End", "Home"):
        page.keyboard.press(key)
        yield key
    up_box.hover()
    for _ in range(4):
        page.mouse.wheel(0, 700)
        page.wait_for_timeout(60)
        yield "scroll"
    page.mouse.wheel(0, -9_000)
    for state in ("hold", "talking", ""):
        page.get_by_test_id("wall-state").select_option(state)
        yield "filter"
    for order in ("newest", "longest"):
        page.get_by_test_id("wall-order").select_option(order)
        yield "sort"


async def seed(url: str) -> None:
    database = Database(url)
    try:
        await SqlDepartmentStore(database).add("Vendas")
        box = SecretBox([Token(KEY.value)])
        await SqlNumberStore(database, box).add(NewNumber("306540000000002", "1", "551133330000", "Vendas", "Vendas"))
        await SqlPeopleStore(database, Passwords()).add_user("sue", "Sue", PASSWORD, Role.SUPERVISOR, ["Vendas"])
    finally:
        await database.close()


def in_chromium(folder: Path, picture: Path | None) -> dict[str, Any]:
    url = f"sqlite:///{folder / 'wall.db'}"
    upgrade(url)
    asyncio.run(seed(url))
    with served(url, folder) as gateway, sync_playwright() as playwright:
        moving = asyncio.run_coroutine_threadsafe(move_for_ever(gateway.gateway.desk, random.Random(7)), gateway.loop)
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        context = browser.new_context(viewport={"width": 1600, "height": 900}, locale="pt-BR")
        session = {"login": "sue", "password": PASSWORD}
        assert context.request.post(f"{gateway.url}/api/v1/session", data=session).ok
        page = context.new_page()
        messages: list[int] = []
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: _count(messages, frame)))
        page.goto(f"{gateway.url}/wall")
        page.get_by_test_id("wall-supervise").first.wait_for()
        assert int(page.get_by_test_id("wall-tile-up").locator("dd").inner_text()) >= CALLS - WAITING - 1
        page.evaluate(FROM_EVENT_TO_PAINT)
        messages.clear()
        began_s, done = time.perf_counter(), 0
        for _ in range(ROUNDS):
            done += sum(1 for _ in interactions(page))
        took_s = time.perf_counter() - began_s
        painted: list[tuple[str, float]] = page.evaluate("() => window.painted")
        if picture is not None:
            page.screenshot(path=picture, animations="disabled")
        assert not moving.done(), moving.exception()
        moving.cancel()
        browser.close()
    times = sorted(ms for _, ms in painted)
    by_type = {kind: sorted(ms for one, ms in painted if one == kind) for kind in sorted({kind for kind, _ in painted})}
    return {
        "calls": CALLS,
        "moves_per_s": MOVES_PER_S,
        "interactions": done,
        "events": len(times),
        "p50_ms": _at(times, 0.5),
        "p95_ms": _at(times, 0.95),
        "worst_ms": times[-1],
        "p95_ms_by_event": {kind: _at(of, 0.95) for kind, of in by_type.items()},
        "messages_per_s": len(messages) / took_s,
        "bytes_per_message": statistics.median(messages),
    }


def _count(messages: list[int], frame: str | bytes) -> None:
    if isinstance(frame, str) and '"wall_changed"' in frame[:40]:
        messages.append(len(frame))


def _at(times: list[float], share: float) -> float:
    return round(times[min(len(times) - 1, int(share * len(times)))], 1)


async def at_the_gateway() -> list[dict[str, float]]:
    """What one look costs when so many calls have moved, with so many pages that watch."""
    lines = []
    for calls, watchers in ((100, 1), (200, 1), (400, 1), (800, 1), (200, 10), (200, 50)):
        office = WallOffice()
        for number in range(watchers):
            page: Agent = replace(SUE, id=AgentId(5_000 + number), departments=frozenset({DepartmentId(1)}))
            office.desk.connected(f"page-{page.id}", page, f"tab-{page.id}")
            await office.open(f"page-{page.id}")
        for number in range(calls):
            office.move(talking(number, 1))
        await office.rest()
        wall, took = office.desk._wall, list[float]()
        for turn in range(20):
            for number in range(calls):
                office.move(replace(talking(number, 1), held=turn % 2 == 0))
            began_s = time.perf_counter()
            await wall._look()
            took.append((time.perf_counter() - began_s) * 1e3)
            for sid, watcher in wall._watchers.items():
                watcher.seen = watcher.revision
                assert sid in office.screens
        await office.desk.stop()
        lines.append({"calls_moved": calls, "watching": watchers, "look_ms": round(statistics.median(took), 2)})
    return lines


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    picture = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory(prefix="ramal-bench-") as folder:
        print(json.dumps({"chromium": in_chromium(Path(folder), picture), "gateway": asyncio.run(at_the_gateway())}))


if __name__ == "__main__":
    main()
