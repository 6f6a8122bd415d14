"""What we send along with `connect` and Meta sends back in each webhook of the call (`biz_opaque_callback_data`).

By it a webhook finds a call that Meta has not named to us yet. It tells nothing about a person.
"""

import re
from typing import Final

from signaling.ids import CallId
from signaling.private import Payload

_PREFIX: Final = "ramal.call="
_SHAPE: Final = re.compile(re.escape(_PREFIX) + r"([0-9a-f]{32})", re.ASCII)


def opaque_of(call: CallId) -> Payload:
    return Payload(_PREFIX + call)


def call_named_in(opaque: Payload | None) -> CallId | None:
    """Our call; None for what somebody else sent along (another app on the same account)."""
    found = None if opaque is None else _SHAPE.fullmatch(opaque.value)
    return None if found is None else CallId(found[1])
