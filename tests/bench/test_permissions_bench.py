"""The benchmark of permissions works; its figures are of the big run only."""

from tests.bench.permissions import run


def test_a_small_run_decides_both_ways_on_both_databases() -> None:
    result = run(200, 1_000)
    for database in ("sqlite", "postgresql"):
        assert result[database]["decisions"] == 3_000
        assert 0 < result[database]["p50_ms"] <= result[database]["p95_ms"]
