"""Under what the figures were measured."""

import importlib.util
import os
import platform
import ssl
from datetime import UTC, datetime
from pathlib import Path


def conditions(srtp_profile: str) -> dict[str, object]:
    """`load_average` is that of the last minute: on a machine with other work the times say little."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "plane": "python",
        "machine": _cpu_model(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "openssl": ssl.OPENSSL_VERSION,
        "uvloop": importlib.util.find_spec("uvloop") is not None,
        "srtp_profile_to_meta": srtp_profile,
        "load_average": round(os.getloadavg()[0], 2),
    }


def _cpu_model() -> str:
    """As Linux tells it; elsewhere what Python knows."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
