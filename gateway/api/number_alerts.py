"""What is open of a number, as the list of numbers and its own page answer it."""

from typing import Annotated

from pydantic import Field

from gateway.api.operations import Answer
from signaling.integrator_contract import Moment
from signaling.number_alerts import Alert
from signaling.number_standing import OpenAlert, Place, Trouble


class AlertTold(Answer):
    """Something of a number that wants somebody. `place`: where on its pages it is explained and seen to."""

    code: Alert | Trouble
    place: Place
    kind: Annotated[str | None, Field(description="Of `meta_warned`: Meta's own word.")]
    until: Moment | None


def alerts_told(alerts: list[OpenAlert]) -> list[AlertTold]:
    return [AlertTold(code=each.code, place=each.place, kind=each.kind, until=each.until) for each in alerts]
