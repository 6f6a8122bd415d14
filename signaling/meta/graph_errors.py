"""What Meta's refusals mean: in a person's words, whose fault, and whether and when to ask again (reference 5, 4.10).

`MEANINGS` is data. A code that is not in it is a permanent failure that shows Meta's own text.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from signaling.errors import Failure, Fault, NeighbourError
from signaling.meta.reading import LATEST_UNIX_S, integer, optional_mapping
from signaling.meta.scrub import scrub

LONGEST_RETRY_S: Final = 7 * 86_400.0
EARLIEST_ALLOWED_UNIX_S: Final = 1_500_000_000
MANY_REPEATS: Final = 100  # the caller's patience ends before


class TellsWhen(StrEnum):
    """Where the exact time of the next attempt can be read, when the error itself does not say it."""

    CALL_PERMISSIONS = "call_permissions"  # GET /{PNID}/call_permissions: limit_expiration_time
    SETTINGS = "settings"  # GET /{PNID}/settings: restrictions


@dataclass(frozen=True, slots=True)
class Meaning:
    """`retry_after_s` is None when asking again cannot help; `repeats`: how often a safe action may be repeated now."""

    sentence: str
    fault: Fault
    retry_after_s: float | None = None
    repeats: int = 0
    tells_when: TellsWhen | None = None


MEANINGS: Final[Mapping[int, Meaning]] = {
    100: Meaning("WhatsApp did not understand what the gateway sent. This is a fault of the gateway.", Fault.OURS),
    190: Meaning("The access token for WhatsApp is invalid or has expired.", Fault.CONFIGURATION),
    613: Meaning("Permissions were looked up too often. Try again in a moment.", Fault.LIMIT, 1.0),
    130497: Meaning("This number may not reach customers of that country.", Fault.CONFIGURATION),
    131009: Meaning("Call buttons are not supported in the country of this number.", Fault.CONFIGURATION),
    131026: Meaning("The customer's WhatsApp is too old to show this message.", Fault.CUSTOMER),
    131030: Meaning("This is a test number, and the customer is not on its list of recipients.", Fault.CONFIGURATION),
    131044: Meaning("The WhatsApp account has no valid payment method.", Fault.CONFIGURATION),
    131055: Meaning("SIP is switched on for this number, so calls cannot go through the gateway.", Fault.CONFIGURATION),
    132001: Meaning("This message template does not exist in this language.", Fault.CONFIGURATION),
    132015: Meaning("Meta has paused this message template, because customers complained.", Fault.META),
    132016: Meaning("Meta has disabled this message template for good.", Fault.CONFIGURATION),
    138000: Meaning("Calling is not switched on for this number.", Fault.CONFIGURATION),
    138001: Meaning(
        "This customer cannot be called: not on WhatsApp, terms not accepted, or an app that cannot take calls.",
        Fault.CUSTOMER,
    ),
    138002: Meaning("This number has as many calls at once as WhatsApp allows.", Fault.LIMIT, 30.0),
    138003: Meaning("This customer is already in a call with this number.", Fault.LIMIT, 30.0),
    138004: Meaning("WhatsApp could not connect the call.", Fault.META, 1.0, repeats=1),
    138005: Meaning("This number has started as many calls as WhatsApp allows for now.", Fault.LIMIT, 60.0),
    138006: Meaning("This customer has not allowed calls. Send a request for permission first.", Fault.CUSTOMER),
    138007: Meaning("The call was not set up in time.", Fault.OURS),
    138009: Meaning(
        "This customer has been asked for permission as often as WhatsApp allows for now.",
        Fault.LIMIT,
        86_400.0,
        tells_when=TellsWhen.CALL_PERMISSIONS,
    ),
    138011: Meaning("Exchange another message with this customer before asking for permission.", Fault.CUSTOMER),
    138012: Meaning(
        "This customer has been called as often as WhatsApp allows within 24 hours.",
        Fault.LIMIT,
        86_400.0,
        tells_when=TellsWhen.CALL_PERMISSIONS,
    ),
    138013: Meaning("Calls to customers are not available for numbers of this country.", Fault.CONFIGURATION),
    138014: Meaning(
        "WhatsApp has paused calls of this number because of negative feedback.",
        Fault.LIMIT,
        LONGEST_RETRY_S,
        tells_when=TellsWhen.SETTINGS,
    ),
    138015: Meaning("Calling cannot be switched on: the messaging limit is below 2,000.", Fault.CONFIGURATION),
    138017: Meaning("This customer has allowed calls for good: there is nothing to ask, just call.", Fault.OURS),
    138018: Meaning(
        "Calling cannot be switched on: no app is subscribed to the webhook field “calls”.", Fault.CONFIGURATION
    ),
    138019: Meaning("The customer's phone could not set up the call. Call again.", Fault.CUSTOMER, 0.0),
    138020: Meaning("The customer's phone could not reach WhatsApp's relay. Call again.", Fault.CUSTOMER, 0.0),
    138021: Meaning("No sound of ours reached the customer for too long. The audio path is broken.", Fault.OURS),
    138022: Meaning("No sound came from the customer's phone for too long.", Fault.CUSTOMER, 0.0),
    138023: Meaning("The call was accepted but no sound ever flowed. Check the audio path.", Fault.OURS),
    2494191: Meaning("Another partner of WhatsApp has the conversations of this number.", Fault.CONFIGURATION),
}

SENTENCES: Final[Mapping[str, str]] = {
    **{f"meta.{code}": meaning.sentence for code, meaning in MEANINGS.items()},
    "meta.success_false": "WhatsApp did not do what it was asked to, and gave no reason.",
    "meta.bad_answer": "WhatsApp's answer could not be read.",
    "meta.bad_token": "The access token for WhatsApp is empty or has characters that no token has.",
    "network.timeout": "WhatsApp did not answer in time.",
    "network.unreachable": "WhatsApp could not be reached.",
    "network.broken": "The connection to WhatsApp broke off.",
    "network.connect_unclear": "It is not known whether WhatsApp started the call.",
}
"""Failure code → English sentence. Pages translate by the code."""


def sentence_of(failure: Failure) -> str:
    """A whole sentence for a person, also for a code that nobody has documented."""
    return SENTENCES.get(failure.code) or f"WhatsApp refused: {failure.detail or failure.code}"


class GraphError(NeighbourError):
    """Meta answered, and not with what was asked for. `title` and `details` are Meta's words without private data.

    `code` is None when the answer was no Graph error at all. `perhaps_done`: the request may have had its effect.
    """

    def __init__(
        self,
        failure: Failure,
        *,
        code: int | None = None,
        subcode: int | None = None,
        title: str = "",
        details: str = "",
        fbtrace_id: str = "",
        http_status: int = 200,
        repeats: int = 0,
        perhaps_done: bool = False,
        allowed_at: datetime | None = None,
    ) -> None:
        super().__init__(failure)
        self.code, self.subcode, self.title, self.details = code, subcode, title, details
        self.fbtrace_id, self.http_status, self.allowed_at = fbtrace_id, http_status, allowed_at
        self.repeats, self.perhaps_done = repeats, perhaps_done

    @property
    def retry_after_s(self) -> float | None:
        return self.failure.retry_after_s

    @property
    def sentence(self) -> str:
        return sentence_of(self.failure)


class GraphUnreachable(NeighbourError):
    """Nobody answered. `perhaps_done`: the request may have arrived, and had its effect, before the line broke."""

    repeats = MANY_REPEATS

    def __init__(self, code: str, *, perhaps_done: bool) -> None:
        super().__init__(Failure(code, Fault.NETWORK, retry_after_s=1.0))
        self.perhaps_done = perhaps_done


class ConnectUnclear(NeighbourError):
    """A `connect` may have made a call: wait for a webhook with its opaque data instead of calling again."""

    def __init__(self) -> None:
        super().__init__(Failure("network.connect_unclear", Fault.NETWORK))


def read_error(status: int, body: bytes, headers: Mapping[str, str], now: datetime) -> GraphError:
    """What Meta's answer with an error status means. Any body will do: a proxy's page is an answer, too."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    error = optional_mapping(optional_mapping(answer).get("error"))
    code = integer(error.get("code"))
    if code is None:
        return _bare_error(status, headers)
    # Meta writes title and details for developers; error_user_* for their users. Both may quote the customer.
    title = scrub(_text(error.get("message")) or _text(error.get("error_user_title")))
    said = optional_mapping(error.get("error_data")).get("details") or error.get("error_user_msg")
    details, trace = scrub(_text(said)), _trace(error.get("fbtrace_id"))
    meaning = MEANINGS.get(code) or _undocumented(status)
    allowed_at = _allowed_at(error.get("error_data")) if code == 138012 else None
    retry_after_s = _retry_after_s(headers) or meaning.retry_after_s
    if allowed_at is not None:
        retry_after_s = min(max((allowed_at - now).total_seconds(), 0.0), LONGEST_RETRY_S)
    failure = Failure(f"meta.{code}", meaning.fault, _detail(title, details, status, trace), retry_after_s)
    return GraphError(
        failure,
        code=code,
        subcode=integer(error.get("error_subcode")),
        title=title,
        details=details,
        fbtrace_id=trace,
        http_status=status,
        repeats=meaning.repeats,
        allowed_at=allowed_at,
    )


def bad_answer(status: int) -> GraphError:
    """A success that cannot be read: what was asked for may well have been done."""
    detail = f"HTTP {status} with an unreadable body"
    return GraphError(Failure("meta.bad_answer", Fault.META, detail), http_status=status, perhaps_done=True)


def success_false() -> GraphError:
    return GraphError(Failure("meta.success_false", Fault.META, "HTTP 200 with success: false"))


def _bare_error(status: int, headers: Mapping[str, str]) -> GraphError:
    meaning = _undocumented(status)
    retry_after_s = _retry_after_s(headers) or meaning.retry_after_s
    return GraphError(
        Failure(f"meta.http_{status}", meaning.fault, f"HTTP {status} without a reason of Meta's", retry_after_s),
        http_status=status,
        repeats=meaning.repeats,
        perhaps_done=status >= 500,
    )


def _undocumented(status: int) -> Meaning:
    """Without a known code only the HTTP status tells whether it is worth asking again."""
    if status >= 500:
        return Meaning("", Fault.META, 5.0, repeats=MANY_REPEATS)
    return Meaning("", Fault.LIMIT, 60.0) if status == 429 else Meaning("", Fault.META)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _trace(value: object) -> str:
    """The id that Meta's support asks for. Anything else in its place is dropped."""
    return value if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,64}", value) else ""


def _detail(title: str, details: str, status: int, trace: str) -> str:
    words = ": ".join(part for part in (title, details) if part)
    return f"{words} (HTTP {status}{', trace ' + trace if trace else ''})"


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    seconds = integer(headers.get("Retry-After"))
    return None if seconds is None else min(float(seconds), LONGEST_RETRY_S)


def _allowed_at(error_data: object) -> datetime | None:
    """138012 carries the time of the next allowed call somewhere in `error_data`; its layout is not documented (11)."""
    values = list(optional_mapping(error_data).values())
    for value in values:
        found = re.search(r"(?<![0-9])[0-9]{10}(?![0-9])", value) if isinstance(value, str) else None
        unix_s = integer(found.group() if found else value, LATEST_UNIX_S)
        if unix_s is not None and unix_s > EARLIEST_ALLOWED_UNIX_S:
            return datetime.fromtimestamp(unix_s, UTC)
    return None
