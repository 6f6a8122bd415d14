"""What the simulated Meta noticed and a real one would have punished, or a customer heard. Tests fail on any."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    """Each is a rule of Meta's (reference section) that the gateway broke, unless it says otherwise."""

    # Graph
    UNAUTHORIZED = "unauthorized"  # a bad or missing bearer token (1.1)
    BAD_REQUEST = "bad_request"  # a body or path that Graph cannot read (1.2)
    RATE = "rate"  # more requests a second than allowed
    EXPIRED_ADDRESS = "expired_address"  # an address of a file that lives no longer (1.7)
    WINDOW_CLOSED = "window_closed"  # a free-form message outside the service window (1.4)
    UNKNOWN_CALL = "unknown_call"  # an action on a call id that never was
    BAD_ANSWER = "bad_answer"  # an SDP that Meta refuses (3.3)
    BAD_OFFER = "bad_offer"  # an SDP of connect that Meta refuses (3.4)
    DTLS_ROLE = "dtls_role"  # setup:passive: nobody would begin the handshake (3.3)
    ANSWER_DIFFERS = "answer_differs"  # accept, or a repeated pre_accept, with other bytes (1.2)
    NO_PRE_ACCEPT = "no_pre_accept"  # accept without pre_accept (C3)
    REPEATED_ACTION = "repeated_action"  # an accept or reject while one is in progress or done
    TERMINATED_WHILE_RINGING = "terminated_while_ringing"  # a ringing call is rejected, not terminated (1.2)
    REJECTED_AFTER_ACCEPT = "rejected_after_accept"
    STALE_OFFER_USED = "stale_offer_used"  # acted on a connect too old to be used (2.3)
    ACTION_AFTER_END = "action_after_end"  # acted on a call whose end it had been told
    TOO_LATE = "too_late"  # pre_accept or accept after the ring window (3.8)
    # webhooks
    HANDSHAKE = "handshake"  # the callback did not repeat the challenge (2.1)
    WEBHOOK_REFUSED = "webhook_refused"  # answered something else than 200 (2.3)
    WEBHOOK_SLOW = "webhook_slow"  # not answered within 20 s (2.3)
    # ICE and DTLS
    ICE_ROLE = "ice_role"  # the business did not take the controlling role (3.1)
    AGGRESSIVE_NOMINATION = "aggressive_nomination"  # nominated a path before it was checked (3.1)
    NOMINATED_TWICE = "nominated_twice"  # switched to another path in the call (3.1)
    SHARED_PORT = "shared_port"  # two calls from one address: Meta tells calls apart by it
    FINGERPRINT_MISMATCH = "fingerprint_mismatch"  # another certificate than the answer named
    # audio
    EARLY_MEDIA = (
        "early_media"  # RTP or RTCP before accept returned 200, or sound before a called customer picked up (3.7)
    )
    UNDECRYPTABLE = "undecryptable"  # SRTP that fails authentication, or a replay
    MALFORMED_RTP = "malformed_rtp"
    PAYLOAD_TYPE = "payload_type"  # a payload type that was not negotiated
    SECOND_SSRC = "second_ssrc"  # one SSRC for the whole call (3.3)
    SEQUENCE_BACKWARDS = "sequence_backwards"
    TIMESTAMP_BACKWARDS = "timestamp_backwards"
    NOT_20_MS = "not_20_ms"  # a packet that is not 20 ms of Opus (3.5)
    LATE_AUDIO = "late_audio"  # ours: a gap the customer hears
    NO_MEDIA = "no_media"  # nothing for 20 s after accept: 138021 (3.8)
    WENT_SILENT = "went_silent"  # no packet for 30 s in the call (3.8)


@dataclass(frozen=True, slots=True)
class Fault:
    """`call` is the simulator's own id (never a wacid), or None. `at_unix_s`: when. `words`: for a developer."""

    kind: FaultKind
    call: str | None
    at_unix_s: float
    words: str
    times: int = 1


class FaultLog:
    """The list that tests read. The same kind in the same call is one entry that counts."""

    def __init__(self, unix_s: Callable[[], float], on_change: Callable[[], None] = lambda: None) -> None:
        self._unix_s = unix_s
        self._on_change = on_change
        self._faults: dict[tuple[FaultKind, str | None], Fault] = {}

    def note(self, kind: FaultKind, call: str | None, words: str) -> None:
        key = (kind, call)
        first = self._faults.get(key)
        if first is None:
            self._faults[key] = Fault(kind, call, self._unix_s(), words)
            self._on_change()
        else:
            self._faults[key] = Fault(kind, call, first.at_unix_s, first.words, first.times + 1)

    def all(self) -> list[Fault]:
        """Oldest first."""
        return sorted(self._faults.values(), key=lambda fault: fault.at_unix_s)

    def clear(self) -> None:
        self._faults.clear()
        self._on_change()
