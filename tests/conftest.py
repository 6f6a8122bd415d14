"""What every test gets: quiet logs, and the fixtures of the services that tests start by themselves."""

import logging
from pathlib import Path
from typing import Final

import pytest
import structlog

# Debug lines of thousands of virtual calls cost more than the calls.
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))

HERE: Final = Path(__file__).parent
PAIRED: Final = {HERE / "browser", HERE / "load"}
MARKS: Final = ("beside", "paired", "alone")
"""How much company a test bears: any (what is not marked does), one other test, or none."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(item.get_closest_marker(mark) for mark in MARKS):
            continue
        if not PAIRED.isdisjoint(item.path.parents):
            item.add_marker(pytest.mark.paired)
