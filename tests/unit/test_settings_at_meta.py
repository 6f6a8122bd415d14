"""Settings of a number as we want them at Meta, and as Meta has them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.simulator.number_settings import NumberSettings, change
from signaling.settings_at_meta import (
    LEFT_ALONE,
    PLACES,
    Icon,
    MirrorState,
    Wanted,
    body_of,
    changed_places,
    compared,
    found_in,
    whole,
    words_of,
)

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
ALL = Wanted(calling=True, icon=Icon.HIDDEN, callback=True, countries=("PT", "BR"))


@pytest.mark.parametrize("wanted", [ALL, Wanted(False, Icon.SHOWN, False, ())])
def test_what_we_tell_meta_is_taken_by_it_and_read_back_as_the_same_words(wanted: Wanted) -> None:
    at_meta: Any = NumberSettings({"status": "DISABLED"})
    for place in PLACES:
        at_meta = change(at_meta, {"calling": body_of(wanted, place)}, NOW)
        assert isinstance(at_meta, NumberSettings), at_meta
    assert whole(at_meta.calling) == words_of(wanted)


def test_what_is_left_alone_is_in_no_comparison() -> None:
    assert words_of(LEFT_ALONE) == {}
    seen = compared(LEFT_ALONE, whole({"status": "ENABLED"}), {}, NOW)
    assert seen.state is MirrorState.LEFT_ALONE
    assert [place.ours for place in seen.places] == [None] * 4


def test_a_difference_is_found_by_its_place_and_a_refusal_counts_for_more() -> None:
    metas = whole({"status": "ENABLED", "call_icon_visibility": "DISABLE_ALL"})
    seen = compared(Wanted(calling=True, icon=Icon.SHOWN), metas, {}, NOW)
    assert seen.state is MirrorState.DIFFERENT
    assert [(p.place, p.ours, p.metas) for p in seen.places if p.ours not in (None, p.metas)] == [
        ("icon", "shown", "hidden")
    ]
    refused = compared(Wanted(calling=True), whole({}), {"calling": ("meta.138015", "below 2000")}, NOW)
    assert (refused.state, refused.to_write) == (MirrorState.FAILED, ("calling",))
    assert (refused.places[0].failure, refused.places[0].metas) == ("meta.138015", "off")


def test_only_what_changed_here_is_told_and_what_is_let_go_is_not() -> None:
    assert changed_places(LEFT_ALONE, Wanted(icon=Icon.SHOWN)) == ("icon",)
    assert changed_places(ALL, Wanted(calling=True, icon=Icon.SHOWN)) == ("icon",)
    assert changed_places(ALL, ALL) == changed_places(ALL, LEFT_ALONE) == ()


@pytest.mark.parametrize(
    "calling",
    [
        {},
        {"status": 1, "call_icon_visibility": None, "call_icons": []},
        {"call_icons": {"restrict_to_user_countries": "BR"}},
        {"call_icons": {"restrict_to_user_countries": [1, None]}},
        {"status": "\x00" * 500},
    ],
)
def test_whatever_meta_answers_is_read_without_an_error(calling: dict[str, object]) -> None:
    assert all(value.isascii() and len(value) < 2_000 for value in found_in(calling).values())


def test_a_word_of_metas_that_nobody_knows_is_shown_as_it_is() -> None:
    assert found_in({"call_icon_visibility": "HIDE_IN_CHAT"})["icon"] == "HIDE_IN_CHAT"
