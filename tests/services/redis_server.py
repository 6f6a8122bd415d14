"""A real Redis for tests, in a temporary directory, reached through a socket in it."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError


@dataclass
class RedisServer:
    directory: Path
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"unix://{self.directory}/redis.sock"

    def start(self) -> None:
        program = shutil.which("redis-server")
        if program is None:
            pytest.fail("These tests need Redis. Run: apt-get install -y --no-install-recommends redis-server", False)
        options = ("--port", "0", "--unixsocket", f"{self.directory}/redis.sock", "--dir", str(self.directory))
        self.process = subprocess.Popen(
            (program, *options, "--save", "", "--appendonly", "no"), stdout=subprocess.DEVNULL
        )
        with Redis.from_url(self.url) as redis:
            for _ in range(200):
                try:
                    redis.execute_command("PING")
                    return
                except (RedisError, OSError):
                    time.sleep(0.02)
        pytest.fail("Redis did not start")

    def stop(self) -> None:
        """It forgets everything."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    with tempfile.TemporaryDirectory(prefix="redis-") as directory:  # a socket's path may have about 100 characters
        server = RedisServer(Path(directory))
        server.start()
        yield server
        server.stop()
