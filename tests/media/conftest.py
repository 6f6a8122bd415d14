from collections.abc import AsyncIterator, Callable

import pytest

from gateway.media.aiortc_seam import Certificate
from gateway.media.plane import Endpoint, Plane
from gateway.media.planes import PlaneChoice, PlaneMissing, open_plane
from gateway.media.python_plane import PythonPlane
from tests.media.office import Office
from tests.media.peers import ANY_PORT, LOCALHOST, ignore_control

PLANES: dict[str, Callable[[], Plane]] = {
    "python": PythonPlane,
    "native": lambda: open_plane(PlaneChoice.NATIVE, threads=1),
    "native, threads": lambda: open_plane(PlaneChoice.NATIVE, threads=3),
}
"""Every plane passes the same suite."""


@pytest.fixture(params=PLANES)
async def plane(request: pytest.FixtureRequest) -> AsyncIterator[Plane]:
    try:
        plane = PLANES[request.param]()
    except PlaneMissing as missing:
        pytest.skip(str(missing))
    yield plane
    plane.close()


@pytest.fixture
async def far_plane() -> AsyncIterator[Plane]:
    """Where the other ends live."""
    plane = PythonPlane()
    yield plane
    plane.close()


@pytest.fixture
async def endpoint(plane: Plane) -> Endpoint:
    return await plane.open_endpoint(LOCALHOST, ANY_PORT, ignore_control)


@pytest.fixture(scope="session")
def certificate() -> Certificate:
    return Certificate()


@pytest.fixture
async def office(plane: Plane, far_plane: Plane) -> AsyncIterator[Office]:
    office = Office(plane, far_plane)
    await office.board.start()
    yield office
    await office.board.close()
    for far in office.far:
        await far.close()
