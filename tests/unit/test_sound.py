"""Which link is broken, from one look a second at what is counted; on a clock of the test's own."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from signaling.sound import (
    Course,
    Light,
    Lights,
    Look,
    PageMicrophone,
    PageSound,
    Side,
    Trouble,
    diagnose,
    follow,
    light_of,
    lights,
)

BEGAN_S = 100.0


@dataclass
class Talk:
    """A conversation in which everything is fine, until a test breaks something; `looks` are a second apart."""

    customer_every_s: float | None = 0.02  # None: nothing comes
    microphone_every_s: float | None = 0.02
    level_dbov: int = -30
    is_sent_to_agent: bool = True
    page: PageSound | None = field(default_factory=lambda: PageSound(True, PageMicrophone.LIVE))
    muted: bool = False
    customer_reports: bool = True
    customer_gets: bool = True
    at_s: float = BEGAN_S
    course: Course = field(default_factory=lambda: Course(BEGAN_S))
    agent: Side = field(default_factory=Side)
    customer: Side = field(default_factory=Side)

    def look(self) -> dict[Trouble, float]:
        self.at_s += 1.0
        self.customer = replace(
            self.customer,
            received_at_s=self._last(self.customer_every_s, self.customer.received_at_s),
            sent=self.customer.sent + 50,
            sent_at_s=self.at_s,
            reported_at_s=self.at_s - 0.1 if self.customer_reports else self.customer.reported_at_s,
            acknowledged=self.customer.acknowledged + (50 if self.customer_reports and self.customer_gets else 0),
        )
        self.agent = replace(
            self.agent,
            received_at_s=self._last(self.microphone_every_s, self.agent.received_at_s),
            level_dbov=self.level_dbov if self.microphone_every_s else self.agent.level_dbov,
            sent_at_s=self.at_s - 0.01 if self.is_sent_to_agent else self.agent.sent_at_s,
        )
        look = Look(self.at_s, self.customer, self.agent, self.page, self.muted)
        self.course = follow(self.course, look)
        return diagnose(self.course, look)

    def looks(self, seconds: int) -> list[set[Trouble]]:
        return [set(self.look()) for _ in range(seconds)]

    def _last(self, every_s: float | None, before_s: float | None) -> float | None:
        return before_s if every_s is None else self.at_s - every_s / 2


def test_a_good_conversation_has_no_trouble_from_its_first_second_on() -> None:
    assert Talk().looks(120) == [set()] * 120


Break = Callable[[Talk], None]


def _customer_stops(talk: Talk) -> None:
    talk.customer_every_s, talk.is_sent_to_agent = None, False
    talk.page = PageSound(False, PageMicrophone.LIVE)  # there is nothing that could reach the page


def _microphone_stops(talk: Talk) -> None:
    talk.microphone_every_s = None


def _microphone_gone(talk: Talk) -> None:
    talk.microphone_every_s, talk.page = None, PageSound(True, PageMicrophone.ENDED)


def _muted_by_the_system(talk: Talk) -> None:
    talk.level_dbov, talk.page = -127, PageSound(True, PageMicrophone.MUTED)


def _page_gets_nothing(talk: Talk) -> None:
    talk.page = PageSound(False, PageMicrophone.LIVE)


def _path_is_dead(talk: Talk) -> None:
    talk.microphone_every_s, talk.page = None, PageSound(False, PageMicrophone.LIVE)


def _customer_gets_nothing(talk: Talk) -> None:
    talk.customer_gets = False


@pytest.mark.parametrize(
    ("broken", "found", "within_s"),
    [
        (_customer_stops, Trouble.CUSTOMER_SILENT, 3),
        (_microphone_stops, Trouble.MICROPHONE_SENDS_NOTHING, 3),
        (_microphone_gone, Trouble.MICROPHONE_GONE, 1),
        (_muted_by_the_system, Trouble.MICROPHONE_MUTED, 3),
        (_page_gets_nothing, Trouble.AGENT_HEARS_NOTHING, 1),
        (_path_is_dead, Trouble.AGENT_PATH_BROKEN, 3),
        (_customer_gets_nothing, Trouble.CUSTOMER_RECEIVES_NOTHING, 4),
    ],
)
def test_a_broken_link_is_named_in_time_and_forgotten_when_it_is_whole_again(
    broken: Break, found: Trouble, within_s: int
) -> None:
    talk = Talk()
    talk.looks(10)
    broken(talk)
    seconds = talk.looks(within_s + 5)
    assert seconds[within_s:] == [{found}] * 5
    whole = Talk()
    talk.customer_every_s, talk.microphone_every_s, talk.level_dbov = 0.02, 0.02, -30
    talk.page, talk.is_sent_to_agent, talk.customer_gets = whole.page, True, True
    assert talk.looks(3)[-1] == set()


def test_silence_is_counted_from_the_last_packet_and_told_after_two_seconds_of_it() -> None:
    talk = Talk()
    talk.looks(5)
    talk.customer_every_s = None
    last_s = talk.customer.received_at_s
    assert talk.look() == {}
    assert talk.look() == {Trouble.CUSTOMER_SILENT: last_s}


def test_who_never_says_anything_is_noticed_two_seconds_after_the_beginning() -> None:
    talk = Talk(customer_every_s=None, microphone_every_s=None)
    assert talk.looks(1) == [set()]
    assert talk.looks(1) == [{Trouble.CUSTOMER_SILENT}]
    assert talk.looks(1) == [{Trouble.CUSTOMER_SILENT, Trouble.MICROPHONE_SENDS_NOTHING}]


def test_a_customer_who_only_listens_sends_comfort_packets_and_is_no_trouble() -> None:
    assert Talk(customer_every_s=0.4).looks(120) == [set()] * 120


def test_an_agent_who_only_listens_is_no_trouble_either() -> None:
    """Chromium with DTX sends five packets a second; a quiet room is far from all zeros."""
    assert Talk(microphone_every_s=0.22, level_dbov=-91).looks(120) == [set()] * 120


def test_while_the_agent_is_muted_nothing_is_said_of_the_microphone_and_afterwards_it_has_its_time_again() -> None:
    talk = Talk()
    talk.looks(5)
    talk.muted, talk.microphone_every_s = True, None
    assert talk.looks(30) == [set()] * 30
    talk.muted = False
    assert talk.looks(2) == [set()] * 2
    assert talk.looks(1) == [{Trouble.MICROPHONE_SENDS_NOTHING}]


def test_zeros_are_told_soon_from_a_microphone_that_never_worked_and_late_from_one_that_did() -> None:
    """Some headsets send zeros while their wearer listens."""
    assert Talk(level_dbov=-127).looks(6)[3:] == [{Trouble.MICROPHONE_SILENT}] * 3
    talk = Talk()
    talk.looks(2)
    talk.level_dbov = -127
    assert talk.looks(19) == [set()] * 19
    assert talk.looks(3)[-1] == {Trouble.MICROPHONE_SILENT}
    talk.level_dbov = -60
    assert talk.looks(1) == [set()]


def test_a_side_that_never_reports_is_not_said_to_receive_nothing() -> None:
    assert Talk(customer_reports=False, customer_gets=False).looks(60) == [set()] * 60


def test_two_reports_in_quick_succession_say_nothing_about_what_was_sent_afterwards() -> None:
    talk = Talk()
    talk.looks(3)
    talk.customer_reports = False  # the last one is never followed by another
    assert talk.looks(30) == [set()] * 30


def test_sound_that_has_just_begun_to_flow_to_the_page_has_time_to_arrive() -> None:
    talk = Talk(is_sent_to_agent=False, customer_every_s=None, page=PageSound(False, PageMicrophone.LIVE))
    talk.looks(10)
    talk.is_sent_to_agent, talk.customer_every_s = True, 0.02
    assert talk.looks(2) == [set()] * 2
    talk.page = PageSound(True, PageMicrophone.LIVE)
    assert talk.looks(3) == [set()] * 3


@pytest.mark.parametrize(("mos", "light"), [(4.4, Light.GOOD), (3.9, Light.FAIR), (3.2, Light.POOR)])
def test_a_light_follows_how_satisfied_people_are(mos: float, light: Light) -> None:
    assert light_of(mos) is light


def test_a_broken_link_turns_its_own_light_and_no_other() -> None:
    assert lights(4.4, 4.4, frozenset({Trouble.MICROPHONE_SILENT}), False) == Lights(Light.POOR, Light.GOOD, Light.GOOD)
    assert lights(4.4, 4.4, frozenset({Trouble.AGENT_PATH_BROKEN}), True) == Lights(None, Light.POOR, Light.GOOD)
    assert lights(3.7, 4.4, frozenset({Trouble.CUSTOMER_SILENT}), False) == Lights(Light.GOOD, Light.FAIR, Light.POOR)
