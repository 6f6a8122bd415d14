"""All ends of a call at once: what agents hear in their browsers, and what the customer hears on the wire."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tests.browser.listening import RATE_HZ, Samples, decode, hold_music, likeness, voice
from tests.browser.meta import CustomerCall
from tests.browser.softphone import MAIN_LINE, Softphone

RIGHT_VOICE: Final = 0.8
ONE_OF_TWO: Final = 0.45
"""Likeness to one voice of a sound that is the sum of two: about 0.7 of what it is alone."""

WRONG_VOICE: Final = 0.2
MUSIC: Final = "music on hold"
SETTLED_S: Final = 3.0
"""By then a browser's jitter buffer has filled."""

WINDOW_S: Final = 4.0
STEP_S: Final = 1.0
LONGEST_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Line:
    """What is heard on a page."""

    phone: Softphone
    name: str = MAIN_LINE


Ear = Line | CustomerCall
Sounds = Mapping[Ear, Samples]
"""The same seconds of a call, wherever somebody listened."""


@dataclass(frozen=True, slots=True)
class Hears:
    """`who`: a voice, or MUSIC."""

    ear: Ear
    who: str
    at_least: float = RIGHT_VOICE


@dataclass(frozen=True, slots=True)
class HearsNot:
    ear: Ear
    who: str


def assert_hearing(call: CustomerCall, *expected: Hears | HearsNot, window_s: float = WINDOW_S) -> Sounds:
    """Sooner or later everybody hears whom they should and nobody else, for as long as the window. The pauses of a
    voice, a jitter buffer that fills, or a busy machine that stretches time may spoil some seconds of what somebody
    should hear, so the best of it counts; a broken path spoils all of it. Returns what was heard in the last window."""
    right = dict.fromkeys((each for each in expected if isinstance(each, Hears)), 0.0)
    wrong = dict.fromkeys((each for each in expected if isinstance(each, HearsNot)), 1.0)
    lines = list(dict.fromkeys(each.ear for each in expected if isinstance(each.ear, Line)))
    for line in lines:
        line.phone.start_recording(line.name)
    listened_s, good = 0.0, False
    while not good and listened_s < LONGEST_S:
        more_s = STEP_S if listened_s else window_s
        call.until_heard(more_s)
        listened_s += more_s
        heard: dict[Ear, Samples] = {line: line.phone.recorded_until_now(line.name) for line in lines}
        heard[call] = decode(call.heard())
        recent = {ear: samples[-int(window_s * RATE_HZ) :] for ear, samples in heard.items()}
        for each in right:
            right[each] = max(right[each], likeness(recent[each.ear], sound_of(each.who)))
        for other in wrong:
            wrong[other] = likeness(recent[other.ear], sound_of(other.who))
        good = (
            all(share >= each.at_least for each, share in right.items())
            and max(wrong.values(), default=0) <= WRONG_VOICE
        )
    for line in lines:
        line.phone.stop_recording(line.name)
    scores = [f"{each.who} {share:.3f}" for each, share in right.items()]
    scores += [f"not {other.who} {share:.3f}" for other, share in wrong.items()]
    print(f"heard within {listened_s:g} s:", ", ".join(scores))
    assert good, scores
    return recent


def assert_they_hear_each_other(phone: Softphone, call: CustomerCall, customer: str, agent: str) -> None:
    """Each hears the other's voice and no other."""
    line = Line(phone)
    others = {"joao", customer, agent}
    assert_hearing(
        call,
        Hears(line, customer),
        Hears(call, agent),
        *(HearsNot(line, who) for who in others - {customer}),
        *(HearsNot(call, who) for who in others - {agent}),
    )


def sound_of(who: str) -> Samples:
    return hold_music() if who == MUSIC else voice(who)
