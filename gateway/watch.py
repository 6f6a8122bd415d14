"""Turns what happens to calls into metrics. Knows nothing of how calls work."""

from gateway.metrics import Metrics
from signaling.call import Call, State
from signaling.ids import CallId


class CallWatch:
    """Told of each change of each call, after it was saved."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._seen: dict[CallId, Call] = {}

    def saw(self, call: Call) -> None:
        before = self._seen.get(call.id)
        metrics = self._metrics
        if call.pre_accepted_at and call.received_at and not (before and before.pre_accepted_at):
            metrics.pre_accept_seconds.observe((call.pre_accepted_at - call.received_at).total_seconds())
        if call.agent_audio_at and call.answered_at and not (before and before.agent_audio_at):
            metrics.first_packet_seconds.observe((call.agent_audio_at - call.answered_at).total_seconds())
        if call.state is not State.ENDED:
            self._seen[call.id] = call
        elif before is not None and call.outcome is not None:
            metrics.calls_ended.labels(call.outcome.value).inc()
            del self._seen[call.id]
