"""What is found out about a call's sound while it is up, and when it is over: notes in its history. Pure."""

from dataclasses import replace
from datetime import datetime

from signaling.call import Call, State
from signaling.events import SoundFound, SoundMeasured


def sound_found(call: Call, event: SoundFound, at: datetime) -> Call:
    """Each trouble is noted when it is noticed and when it is over, or when nobody listens any more."""
    found = event.troubles if call.state is State.TALKING else ()
    if found == call.troubles:
        return call
    before, now = ({one.trouble: one for one in troubles} for troubles in (call.troubles, found))
    for trouble in [trouble for trouble in now if trouble not in before]:
        call = call.note(at, "sound_lost", link=trouble.value, silent_s=_seconds(now[trouble].since, at))
    for trouble in [trouble for trouble in before if trouble not in now]:
        call = call.note(at, "sound_back", link=trouble.value, silent_s=_seconds(before[trouble].since, at))
    return replace(call, troubles=found)


def measured(call: Call, event: SoundMeasured, at: datetime) -> Call:
    return call.note(at, "measured", **event.figures)


def _seconds(since: datetime, at: datetime) -> float:
    return round(max(0.0, (at - since).total_seconds()), 1)
