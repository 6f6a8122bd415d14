"""What pages show of a supervisor in a call. Pure."""

from signaling.agents.contract import SupervisedCall
from signaling.agents.supervision_messages import SupervisorNow
from signaling.agents.views import NameOf, Numbers, party, unix_s
from signaling.call import Call
from signaling.ids import AgentId
from signaling.supervision import Way


def supervising(call: Call, agent: AgentId, numbers: Numbers, name_of: NameOf) -> SupervisedCall | None:
    """What a supervisor sees of the call that they are in."""
    there = call.supervision
    if there is None or there.agent != agent:
        return None
    return SupervisedCall(
        call_id=call.id,
        party=party(call, numbers),
        agent=None if call.claim is None else name_of(call.claim.agent),
        way=there.way,
        since_unix_s=there.since.timestamp(),
        talking_since_unix_s=unix_s(call.accepted_at),
        held=call.held,
    )


def supervisor_now(call: Call, name_of: NameOf, *, shows_listening: bool) -> SupervisorNow | None:
    """What an agent sees of the supervisor in their call. Who speaks to them is never hidden."""
    there = call.supervision
    if there is None or (there.way is Way.LISTEN and not shows_listening):
        return None
    return SupervisorNow(name=name_of(there.agent), way=there.way, since_unix_s=there.since.timestamp())
