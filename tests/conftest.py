"""What every test gets: quiet logs, and the fixtures of the services that tests start by themselves."""

import logging
from pathlib import Path
from typing import Final

import pytest
import structlog

# Debug lines of thousands of virtual calls cost more than the calls.
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))

ALONE: Final = {Path(__file__).parent / part for part in ("browser", "load", "bench")}
"""Tests whose voices, loads and figures bear no other test beside them; `beside` marks those that do."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not ALONE.isdisjoint(item.path.parents) and item.get_closest_marker("beside") is None:
            item.add_marker(pytest.mark.alone)
