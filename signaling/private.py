"""Values that must never reach a log: they print as `…`, and only `.value` reveals them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class Private:
    """A string that identifies or protects a person. `str()`, `repr()` and f-strings show the type only."""

    value: str

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    __str__ = __repr__


class Wacid(Private):
    """Meta's call id. Its base64 holds the customer's phone number in clear (Meta reference 2.4)."""

    __slots__ = ()


class PhoneNumber(Private):
    """A phone number: digits with country code, no plus sign, as Meta writes it (`5511955550101`)."""

    __slots__ = ()


class Bsuid(Private):
    """A business-scoped user id with its country prefix (`BR.1049…`): some customers have no other name."""

    __slots__ = ()


class Sdp(Private):
    """A session description: it carries ICE passwords and fingerprints."""

    __slots__ = ()


class Token(Private):
    """A bearer token or an app secret."""

    __slots__ = ()


class Payload(Private):
    """What an integrator attached to a call button, a deep link or a request: opaque to us, private to them."""

    __slots__ = ()
