"""Under what the figures were measured."""

import importlib.metadata
import os
import platform
import ssl
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from gateway.media.planes import native_is_built
from tests.bench.peers.process import version_of

LIBRARIES = ("aiortc", "aioice", "pylibsrtp", "cryptography", "uvloop")


def conditions(now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> dict[str, object]:
    """`load_average` is that of the last minute, before anything was measured: on a machine with other work, times say
    little."""
    return {
        "date": now().isoformat(timespec="seconds"),
        "machine": _cpu_model(),
        "cores": os.cpu_count(),
        "kernel": platform.release().partition("-")[0],
        "system": platform.system(),
        "python": platform.python_version(),
        "openssl": ssl.OPENSSL_VERSION,
        "compiler": _compiler(),
        "native_plane": "built" if native_is_built() else "not built",
        "libraries": {name: importlib.metadata.version(name) for name in LIBRARIES},
        "peers": {name: version_of(name) for name in ("rtpengine-daemon", "janus")},
        "load_average": round(os.getloadavg()[0], 2),
    }


def _cpu_model() -> str:
    """As Linux tells it; elsewhere what Python knows."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _compiler() -> str:
    try:
        asked = subprocess.run(["cc", "--version"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "none"
    return (asked.stdout.splitlines() or ["unknown"])[0]
