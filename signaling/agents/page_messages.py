"""Messages about the page itself: whether it answers, whether it is seen, and how the conversation sounds on it."""

from pydantic import StrictBool

from signaling.agents.message import CallIdText, Message
from signaling.sound import Light, PageMicrophone, Trouble


class PageHere(Message):
    """`page.here`: the answer to `are_you_there`, and told when the page is hidden or shown. Any other command says as
    much. A page that stops answering is unreachable: calls go elsewhere."""

    visible: StrictBool


class ReportSound(Message):
    """`sound.report`: what only the page can see of its call, told when it changes. `hears`: audio packets come in, or
    came within the last 1.5 s. `microphone`: the open track's own state."""

    call_id: CallIdText
    hears: StrictBool
    microphone: PageMicrophone


class TroubleShown(Message):
    """Something is wrong with the sound of my call: which link it is, and since when."""

    trouble: Trouble
    since_unix_s: float


class CallQuality(Message):
    """Event `call_quality`: the three lights of my call, sent when a colour changes. `microphone`: null while muted."""

    call_id: str
    microphone: Light | None
    network: Light
    customer: Light


class Relays(Message):
    """Event `relays`: TURN servers for seats whose direct path does not carry; sent once, when a page has its socket.
    The credential ends with the session. Not sent when there are none."""

    urls: list[str]
    username: str
    credential: str


class AreYouThere(Message):
    """Event `are_you_there`: answer with `page.here`. Asked by the gateway's clock: timers of hidden pages are slow."""


class WasUnreachable(Message):
    """Event `was_unreachable`: this page did not answer for a while, and calls went to others meanwhile."""

    since_unix_s: float
    until_unix_s: float
