"""Both ends of a call at once: what the agent hears in the browser, and what the customer hears on the wire."""

from dataclasses import dataclass
from typing import Final

from tests.browser.listening import RATE_HZ, Samples, decode, likeness, voice
from tests.browser.meta import CustomerCall
from tests.browser.softphone import Softphone

RIGHT_VOICE: Final = 0.8
WRONG_VOICE: Final = 0.2
SETTLED_S: Final = 3.0
TAKE_S: Final = 4.0
TAKES: Final = 4


@dataclass(frozen=True, slots=True)
class Heard:
    """The same seconds of a call, at its two ends."""

    by_agent: Samples
    by_customer: Samples


def listen(phone: Softphone, call: CustomerCall, seconds: float = TAKE_S) -> Heard:
    phone.start_recording()
    call.until_heard(seconds)
    by_agent = phone.stop_recording()
    return Heard(by_agent, decode(call.heard())[-int(seconds * RATE_HZ) :])


def assert_they_hear_each_other(phone: Softphone, call: CustomerCall, customer: str, agent: str) -> Heard:
    """Each hears the other's voice, and no other, from three seconds on (the browser's jitter buffer takes that long).

    A busy machine may stretch time again and spoil a take; a broken path spoils all of them. Returns the good one.
    """
    call.until_heard(SETTLED_S)
    scores = []
    for _ in range(TAKES):
        heard = listen(phone, call)
        scores.append((likeness(heard.by_agent, voice(customer)), likeness(heard.by_customer, voice(agent))))
        if min(scores[-1]) >= RIGHT_VOICE:
            break
    print("agent and customer hear each other:", [f"{a:.3f} {c:.3f}" for a, c in scores])
    assert min(scores[-1]) >= RIGHT_VOICE, scores
    for wrong in {"joao", customer, agent} - {customer}:
        assert likeness(heard.by_agent, voice(wrong)) <= WRONG_VOICE, wrong
    for wrong in {"joao", customer, agent} - {agent}:
        assert likeness(heard.by_customer, voice(wrong)) <= WRONG_VOICE, wrong
    return heard
