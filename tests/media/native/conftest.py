from typing import Any

import pytest


@pytest.fixture(scope="session")
def native() -> Any:
    """The compiled module: `native.ffi`, `native.lib`."""
    return pytest.importorskip("gateway.media.native._plane", reason="the native plane is not built here")
