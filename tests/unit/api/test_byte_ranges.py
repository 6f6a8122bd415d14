"""Which bytes a `Range` header asks for."""

import pytest

from gateway.api.byte_ranges import Unsatisfiable, wanted_range


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (None, None),
        ("bytes=0-0", (0, 0)),
        ("bytes=0-", (0, 99)),
        ("Bytes=10-19", (10, 19)),
        ("bytes=90-500", (90, 99)),
        ("bytes=-10", (90, 99)),
        ("bytes=-500", (0, 99)),
        ("bytes=0-1,5-6", None),
        ("bytes=9-3", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("seconds=1-2", None),
        ("bytes=1" + "0" * 30 + "-", None),
    ],
)
def test_one_range_is_read_and_everything_else_is_the_whole(header: str | None, wanted: object) -> None:
    assert wanted_range(header, 100) == wanted


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=200-300", "bytes=-0"])
def test_bytes_that_are_not_there_cannot_be_given(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        wanted_range(header, 100)
