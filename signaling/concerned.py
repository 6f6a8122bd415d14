"""Which of our numbers a webhook about an account or a number is about. Pure."""

from signaling.events import AccountUpdated, SettingsChanged
from signaling.ports import Number


def is_about(event: SettingsChanged | AccountUpdated, number: Number) -> bool:
    """Meta names an account, a number of it, or (`0`) only its phone."""
    if isinstance(event, SettingsChanged):
        return event.number == number.phone_number_id
    if event.phone is not None:
        return event.phone == number.phone
    return event.waba == number.waba_id
