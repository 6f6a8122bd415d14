"""The benchmark of histories works; its figures are of the big run only."""

from tests.bench.history import run


def test_a_small_run_finds_calls_for_every_reader_on_both_databases() -> None:
    result = run(2_000)
    for database in ("sqlite", "postgresql"):
        assert result[database]["pages"]["queries"] > 1_000
        assert 0 < result[database]["pages"]["p50_ms"] <= result[database]["pages"]["p95_ms"]
        assert result[database]["outlines"]["queries"] > 100
        assert result[database]["callers"]["queries"] > 30
