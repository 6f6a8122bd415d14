"""The simulated Meta's permission machine: each rule of the reference (4.1 to 4.3) with its boundary."""

from typing import Any

import pytest

from gateway.simulator import permission_rules as meta
from gateway.simulator.permission_rules import DAY_S, WEEK_S, Pair, PermissionLimits

LIMITS = PermissionLimits()
T = 1_790_000_000.0


NOTHING = Pair()


def asked(at_s: float = T, pair: Pair = NOTHING, wamid: str = "wamid.1") -> Pair:
    return meta.request_arrived(meta.request_sent(pair, wamid, at_s), wamid, at_s)


def allowed(at_s: float = T) -> Pair:
    pair = meta.act(asked(at_s), "wamid.1", "allow", at_s, LIMITS)
    assert pair is not None
    return pair


def code(refusal: object) -> object:
    return getattr(refusal, "code", None)


@pytest.mark.parametrize(("after_s", "status"), [(WEEK_S - 1, "temporary"), (WEEK_S, "no_permission")])
def test_a_temporary_permission_lasts_seven_days(after_s: float, status: str) -> None:
    assert allowed().status(T + after_s) == status


@pytest.mark.parametrize(("after_s", "refused"), [(DAY_S - 1, 138009), (DAY_S, None), (DAY_S + 1, None)])
def test_one_request_a_day(after_s: float, refused: int | None) -> None:
    assert code(meta.may_send_request(asked(), T + after_s, LIMITS)) == refused


@pytest.mark.parametrize(("after_s", "refused"), [(WEEK_S - 1, 138009), (WEEK_S, None)])
def test_two_requests_a_week(after_s: float, refused: int | None) -> None:
    twice = asked(T + 2 * DAY_S, asked(), "wamid.2")
    assert code(meta.may_send_request(twice, T + after_s, LIMITS)) == refused


@pytest.mark.parametrize("by_business", [True, False])
def test_any_connected_call_resets_the_count_of_requests(by_business: bool) -> None:
    assert meta.may_send_request(meta.connected(asked(), T + 1, by_business=by_business), T + 2, LIMITS) is None


def test_a_request_dies_when_a_newer_one_was_acted_on() -> None:
    two = asked(T + DAY_S, asked(), "wamid.2")
    assert meta.is_alive(two, "wamid.1", T + DAY_S, LIMITS)
    acted = meta.act(two, "wamid.2", "decline", T + DAY_S + 1, LIMITS)
    assert acted is not None
    assert meta.act(acted, "wamid.1", "allow", T + DAY_S + 2, LIMITS) is None


@pytest.mark.parametrize(("after_s", "alive"), [(WEEK_S - 1, True), (WEEK_S, False)])
def test_a_request_dies_seven_days_after_it_arrived_or_was_declined(after_s: float, alive: bool) -> None:
    assert meta.is_alive(asked(), "wamid.1", T + after_s, LIMITS) is alive
    declined = meta.act(asked(), "wamid.1", "decline", T + 100, LIMITS)
    assert declined is not None
    assert meta.is_alive(declined, "wamid.1", T + 100 + after_s, LIMITS) is alive


def test_a_declined_request_can_still_be_accepted() -> None:
    declined = meta.act(asked(), "wamid.1", "decline", T, LIMITS)
    assert declined is not None
    accepted = meta.act(declined, "wamid.1", "always", T + 1, LIMITS)
    assert accepted is not None and accepted.permanent


def test_with_a_permanent_permission_a_request_is_refused() -> None:
    assert code(meta.may_send_request(meta.allow_always(Pair()), T, LIMITS)) == 138017


def test_the_second_unanswered_call_suggests_and_the_fourth_revokes() -> None:
    pair, seen = meta.allow_always(Pair()), []
    for _ in range(4):
        outcome = meta.not_taken(pair, LIMITS)
        pair = outcome.pair
        seen.append((outcome.suggested, outcome.revoked))
    assert seen == [(False, False), (True, False), (False, False), (False, True)]
    assert code(meta.may_start_call(pair, T, LIMITS)) == 138006


def test_a_taken_call_begins_the_count_of_unanswered_ones_anew() -> None:
    pair = meta.allow_always(Pair())
    for _ in range(3):
        pair = meta.not_taken(pair, LIMITS).pair
    assert not meta.not_taken(meta.connected(pair, T, by_business=True), LIMITS).revoked


@pytest.mark.parametrize(("after_s", "refused"), [(DAY_S - 1, 138012), (DAY_S, None)])
def test_the_hundred_and_first_call_waits_for_the_first_to_be_a_day_old(after_s: float, refused: int | None) -> None:
    pair = meta.allow_always(Pair())
    for index in range(100):
        pair = meta.connected(pair, T + index, by_business=True)
    refusal = meta.may_start_call(pair, T + after_s, LIMITS)
    assert code(refusal) == refused
    if refusal is not None:
        assert str(int(T + DAY_S)) in (refusal.details or "")


def test_meta_tells_what_is_used_and_when_there_is_room_again() -> None:
    told: dict[str, Any] = meta.call_permissions(allowed(), T + 1, LIMITS)
    assert told["permission"] == {"status": "temporary", "expiration_time": int(T + WEEK_S)}
    ask, call = told["actions"]
    assert ask["can_perform_action"] is False
    assert ask["limits"][0] == {
        "time_period": "PT24H",
        "max_allowed": 1,
        "current_usage": 1,
        "limit_expiration_time": int(T + DAY_S),
    }
    assert ask["limits"][1] == {"time_period": "P7D", "max_allowed": 2, "current_usage": 1}
    assert call == {
        "action_name": "start_call",
        "can_perform_action": True,
        "limits": [{"time_period": "PT24H", "max_allowed": 100, "current_usage": 0}],
    }


def test_an_automatic_permission_shortens_none() -> None:
    assert meta.allow_after_call(meta.allow_always(Pair()), T, LIMITS).permanent
    assert meta.allow_after_call(allowed(T), T - 5, LIMITS) == allowed(T)
    assert meta.allow_after_call(Pair(), T, LIMITS).status(T + 1) == "temporary"
