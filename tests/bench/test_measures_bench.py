"""The benchmark of measures works; its figures are of the big run only."""

from tests.bench.measures import run


def test_a_small_run_measures_everything_on_both_databases() -> None:
    result = run(2_000)
    for database in ("sqlite", "postgresql"):
        for what in ("calls", "quality", "permissions", "costs"):
            assert result[database][what]["queries"] >= 48
            assert 0 < result[database][what]["p50_ms"] <= result[database][what]["p95_ms"]
