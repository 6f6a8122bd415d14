"""Messages about the recording of a call: the light on its card, start and stop, and the pause for card data."""

from enum import StrEnum

from pydantic import StrictBool

from signaling.agents.message import CallIdText, Message


class RecordCall(Message):
    """`recording.set`: start or stop the recording, where the number's policy leaves that to agents."""

    call_id: CallIdText
    on: StrictBool


class HoldBackRecording(Message):
    """`recording.hold_back`: keep out of the recording what comes now, such as card data; or let it go on."""

    call_id: CallIdText
    held_back: StrictBool


class RecordingLight(StrEnum):
    OFF = "off"  # nothing is kept: by policy, or not started
    ON = "on"
    PAUSED = "paused"  # nothing is kept for a while
    FAILED = "failed"  # nothing more can be kept; the call goes on
    ASKING = "asking"  # the customer is being asked, and hears no agent meanwhile
    REFUSED = "refused"  # the customer did not agree


class RecordingNow(Message):
    """`mine`: I may steer it, for the call is mine. `on_demand`: it starts and stops as its agent says; `asked`: they
    want it now. `held_back`: it is paused for card data. `failure`: a word such as `disk_full`."""

    light: RecordingLight
    mine: bool
    on_demand: bool
    asked: bool
    held_back: bool
    failure: str | None = None
