"""Messages about supervisors in calls of others: listen, whisper, barge in, take over."""

from signaling.agents.message import CallIdText, Message
from signaling.supervision import Way


class ListenIn(Message):
    """`supervise.listen`: hear the customer and the agent of a call that is up, in a department whose calls I may
    listen to. Nobody hears me."""

    call_id: CallIdText


class Whisper(Message):
    """`supervise.whisper`: the agent hears me as well, the customer does not."""

    call_id: CallIdText


class BargeIn(Message):
    """`supervise.barge_in`: customer, agent and I hear each other."""

    call_id: CallIdText


class TakeOver(Message):
    """`supervise.take_over`: the call is mine, and its agent is free. I may be in it already, or come from outside with
    the grant to listen."""

    call_id: CallIdText


class LeaveCall(Message):
    """`supervise.leave`: I am out of the call, and it goes on without me."""

    call_id: CallIdText


class SupervisorNow(Message):
    """A supervisor in my call. Whether I see one who only listens is a setting of the company."""

    name: str
    way: Way
    since_unix_s: float


class CallTakenOver(Message):
    """Event `call_taken_over`: a supervisor has taken my call; I am free."""

    call_id: str
    by: str
