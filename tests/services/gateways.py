"""A whole gateway for tests that ask it by HTTP from outside: its own thread and loop, a database of the test's."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.app import RunningGateway, running
from gateway.settings import Settings
from tests.services.samples import KEY


@dataclass
class ServedGateway:
    gateway: RunningGateway
    loop: asyncio.AbstractEventLoop

    @property
    def url(self) -> str:
        return self.gateway.url


@contextmanager
def served(database_url: str, folder: Path, **settings: str) -> Iterator[ServedGateway]:
    given = {
        "secret_key": KEY.value,
        "database_url": database_url,
        "data_dir": str(folder),
        "listen": "127.0.0.1:0",
        "media_port": "0",
        "meta_ports": "0-0",
        "graph_url": f"http://127.0.0.1:{closed_port()}",
        "meta_token": "EAAtest",
        "plane": "python",
        **settings,
    }
    up, stop = threading.Event(), asyncio.Event()
    found: list[ServedGateway] = []
    broke: list[BaseException] = []

    async def run() -> None:
        async with running(Settings.load(None, **given)) as gateway:
            found.append(ServedGateway(gateway, asyncio.get_running_loop()))
            up.set()
            await stop.wait()

    def work() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:
            broke.append(error)
            up.set()

    thread = threading.Thread(target=work, name="gateway")
    thread.start()
    assert up.wait(30), "the gateway did not start"
    if broke:
        raise broke[0]
    try:
        yield found[0]
    finally:
        found[0].loop.call_soon_threadsafe(stop.set)
        thread.join(30)


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port
