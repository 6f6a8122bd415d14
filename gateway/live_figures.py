"""How things are now, read for the metrics page when somebody asks."""

from collections import Counter
from datetime import datetime

from gateway.media.plane import Plane
from gateway.metrics import CapacityFigures, LiveFigures
from gateway.number_book import NumberBook
from signaling.admission import Capacity
from signaling.agents.desk import Desk
from signaling.exchange import Exchange
from signaling.meta.receiver import WebhookReceiver


def live_figures(
    exchange: Exchange, desk: Desk, receiver: WebhookReceiver, plane: Plane, capacity: CapacityFigures
) -> LiveFigures:
    return LiveFigures(
        calls_by_state=Counter(call.state for call in exchange.live_calls),
        agents_by_presence={presence.value: count for presence, count in desk.presence_counts().items()},
        agents_ringing=desk.agents_ringing(),
        webhooks=receiver.figures,
        plane=plane.totals(),
        capacity=capacity,
    )


def capacity_figures(capacity: Capacity, numbers: NumberBook, now: datetime) -> CapacityFigures:
    return CapacityFigures(
        numbers={number.id: (number.limits, capacity.use_of(number.id, now)) for number in numbers.values()},
        process=capacity.process_budgets(now),
        refused=capacity.refusals,
    )
