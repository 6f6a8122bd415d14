"""Whose fault it was, and does retrying help: the two questions that every failure of a neighbour answers."""

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """Who has to change something before it can work."""

    OURS = "ours"  # a bug or a broken promise of the gateway
    CONFIGURATION = "configuration"  # an administrator: token, settings, payment method, subscription
    CUSTOMER = "customer"  # the customer's phone, app or permission
    META = "meta"  # Meta refused or broke
    NETWORK = "network"  # nobody answered
    LIMIT = "limit"  # a rule with a number in it; it passes with time


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong at a neighbour, as data that may travel through events, records and pages.

    `code` is stable and machine readable (`meta.138006`, `network.timeout`); pages translate it. `detail` is for
    support and holds no personal data. `retry_after_s` is None when asking again cannot help.
    """

    code: str
    fault: Fault
    detail: str = ""
    retry_after_s: float | None = None


class NeighbourError(Exception):
    """A neighbour (Meta, SQL, a browser, a disk) did not do what was asked."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.code}: {failure.detail}")
        self.failure = failure
