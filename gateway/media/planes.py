"""Which switchboard: the native one where it was built, else the Python one.

`python -m gateway.media.planes` says in one line which of the two this installation has.
"""

import os
from enum import StrEnum

from gateway.media.plane import Plane
from gateway.media.python_plane import PythonPlane

MOST_THREADS = 64  # of the native plane


class PlaneChoice(StrEnum):
    AUTO = "auto"  # native where it was built, else Python
    NATIVE = "native"
    PYTHON = "python"


NOT_BUILT = (
    "the native media plane was not built: it needs Linux, a C compiler and OpenSSL's headers (gcc, libssl-dev) when "
    "Ramal is installed"
)


class PlaneMissing(RuntimeError):
    """`RAMAL_PLANE=native`, and there is none."""

    def __init__(self) -> None:
        super().__init__(NOT_BUILT)


def default_threads() -> int:
    """One per core less one: the loop has that."""
    return max(1, len(os.sched_getaffinity(0)) - 1)


def native_is_built() -> bool:
    try:
        import gateway.media.native._plane  # noqa: F401
    except ImportError:
        return False
    return True


def open_plane(choice: PlaneChoice = PlaneChoice.AUTO, threads: int | None = None) -> Plane:
    """A plane on the running loop. `threads` (default: `default_threads()`) are the native one's. Raises
    PlaneMissing."""
    if choice is PlaneChoice.PYTHON or (choice is PlaneChoice.AUTO and not native_is_built()):
        return PythonPlane()
    if not native_is_built():
        raise PlaneMissing
    from gateway.media.native.native_plane import NativePlane

    return NativePlane(threads or default_threads())


if __name__ == "__main__":
    print("media plane: native" if native_is_built() else f"media plane: python; {NOT_BUILT}")  # noqa: T201
