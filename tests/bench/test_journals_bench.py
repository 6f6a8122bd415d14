"""The benchmark of recorded calls works: every packet of two calls is in its journal. How fast is told, not judged."""

import pytest

from gateway.media.planes import native_is_built
from tests.bench.journals import into_journals
from tests.bench.native.run import build


def test_two_calls_are_recorded_whole_and_measured() -> None:
    if not native_is_built():
        pytest.skip("the native plane was not built")
    with build() as programs:
        found = into_journals(programs, calls=2, seconds=2)
    assert (found["failed"], found["packets_not_kept"]) == (0, 0)
    assert found["packets_kept"] >= 2 * 2 * 50
    assert found["cores"] > 0 and found["journal_bytes_per_s"] > 0
    assert found["written_after_ms"]["max"] > 0 and found["sync_ms"]["max"] > 0
