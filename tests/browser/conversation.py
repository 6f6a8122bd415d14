"""All ends of a call at once: what agents hear in their browsers, and what the customer hears on the wire."""

from collections.abc import Mapping, Sequence
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
TAKE_S: Final = 4.0
TAKES: Final = 4


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


def listen(call: CustomerCall, *lines: Line, seconds: float = TAKE_S) -> Sounds:
    """What is heard on these lines, and by the customer."""
    for line in lines:
        line.phone.start_recording(line.name)
    call.until_heard(seconds)
    sounds: dict[Ear, Samples] = {line: line.phone.stop_recording(line.name) for line in lines}
    return {**sounds, call: decode(call.heard())[-int(seconds * RATE_HZ) :]}


def assert_all_hear(
    call: CustomerCall, *expected: Hears, beside: Sequence[Line] = (), seconds: float = TAKE_S
) -> Sounds:
    """Everybody hears whom they should. The pauses of a voice, or a busy machine that stretches time, may spoil a take
    for one of them, a broken path spoils all takes: the best of a few counts. Returns the last, and what was heard on
    lines `beside`."""
    best = dict.fromkeys(expected, 0.0)
    lines = dict.fromkeys([*beside, *(each.ear for each in expected if isinstance(each.ear, Line))])
    for _ in range(TAKES):
        sounds = listen(call, *lines, seconds=seconds)
        for each in expected:
            best[each] = max(best[each], likeness(sounds[each.ear], sound_of(each.who)))
        if all(likeness_ >= each.at_least for each, likeness_ in best.items()):
            break
    scores = [f"{each.who}: {likeness_:.3f} of {each.at_least}" for each, likeness_ in best.items()]
    print("are heard:", scores)
    assert all(likeness_ >= each.at_least for each, likeness_ in best.items()), scores
    return sounds


def assert_nobody_is(who: str, *heard: Samples) -> None:
    assert max(likeness(samples, sound_of(who)) for samples in heard) <= WRONG_VOICE, who


def sound_of(who: str) -> Samples:
    return hold_music() if who == MUSIC else voice(who)


def assert_they_hear_each_other(phone: Softphone, call: CustomerCall, customer: str, agent: str) -> None:
    """Each hears the other's voice and no other, from three seconds on: a browser's jitter buffer takes that long."""
    call.until_heard(SETTLED_S)
    line = Line(phone)
    sounds = assert_all_hear(call, Hears(line, customer), Hears(call, agent))
    for who in {"joao", customer, agent}:
        if who != customer:
            assert_nobody_is(who, sounds[line])
        if who != agent:
            assert_nobody_is(who, sounds[call])
