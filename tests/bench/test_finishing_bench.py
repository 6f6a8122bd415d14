"""The benchmark of finishing works; its figures are of long calls only."""

from tests.bench.finishing import run


def test_a_short_call_is_finished_and_measured() -> None:
    (found,) = run(0.1)["lengths"]
    assert found["duration_s"] == 6.1
    assert found["cpu_s"] > 0 and found["memory_mib"] > 0
