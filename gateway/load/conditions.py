"""Under what a run was made."""

import importlib.util
import os
import platform
import ssl
from datetime import UTC, datetime
from pathlib import Path

from gateway.load.plan import Plan
from gateway.media.plane import Plane


def conditions(plan: Plan, own_plane: Plane, gateway_plane: str) -> dict[str, object]:
    """`load_average` is that of the last minute: on a machine with other work the times say little."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "calls": plan.calls,
        "inbound": plan.inbound,
        "outbound": plan.outbound,
        "rate": plan.rate,
        "hold_s": plan.hold_s,
        "duration_s": plan.duration_s,
        "agents": plan.agents,
        "media": plan.media,
        "gateway_plane": gateway_plane,
        "load_plane": type(own_plane).__name__,
        "machine": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "system": platform.platform(),
        "python": platform.python_version(),
        "openssl": ssl.OPENSSL_VERSION,
        "uvloop": importlib.util.find_spec("uvloop") is not None,
        "load_average": round(os.getloadavg()[0], 2),
    }


def _cpu_model() -> str:
    """As Linux tells it; elsewhere what Python knows."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
