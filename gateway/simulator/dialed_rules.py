"""Pure: a call of the business to a customer, as Meta sees it (reference 1.2, 2.7, 3.7, 9.2)."""

from gateway.simulator import refusals
from gateway.simulator.call_rules import Action, EndedBy, Phase, Ruling, SimCall
from gateway.simulator.faults import FaultKind
from gateway.simulator.settings import MetaRules


def rule_dialed(call: SimCall, action: Action, now_s: float, rules: MetaRules) -> Ruling:
    """What Meta says to an action on such a call: it can only be terminated, ringing or not."""
    if action.name != "terminate":
        fault = (FaultKind.BAD_REQUEST, f"{action.name} on a call that the business itself made")
        return Ruling(call, refusals.BODY_INVALID, (fault,))
    if call.phase is Phase.ENDED:
        late = call.told_at_s is not None and now_s - call.told_at_s > rules.late_action_s
        fault = (FaultKind.ACTION_AFTER_END, "terminate on a call whose terminate was acknowledged")
        return Ruling(call, refusals.CALL_OVER, (fault,) if late else ())
    return Ruling(call.ended(EndedBy.BUSINESS, now_s))
