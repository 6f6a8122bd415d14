"""Who may invite whom to call, and what becomes of Meta's refusals."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.api.customers import ContactForm
from gateway.api.door import Caller
from gateway.api.errors import ApiError
from gateway.api.invites import InviteForm, InviteRoutes
from gateway.api.operations import Asked, Nothing
from signaling.errors import Failure, Fault, NeighbourError
from signaling.ids import AgentId
from signaling.invitations import Seals, invitation_in
from signaling.permission import EMPTY
from signaling.permission_verdicts import Standing, standing
from signaling.ports import Agent, Role
from signaling.private import Payload, Token
from store.reach import EVERYTHING
from tests.fakes.virtual_time import START
from tests.fakes.world import ANA, BIA, NUMBER, FakeContacts, FakeNumbers

SEALS = Seals((Token("k" * 40),))


class Desk:
    """`window_s`: how long the customer's service window is open yet."""

    def __init__(self, window_s: float = 3_600, failure: Failure | None = None) -> None:
        self.window_s, self.failure = window_s, failure
        self.sent: list[Payload | None] = []

    async def standing(self, *_: object) -> Standing:
        now = standing(EMPTY, START, NUMBER.limits, has_template=False)
        return replace(now, window_until=START + timedelta(seconds=self.window_s))

    async def send_call_button(self, *_: object, button_payload: Payload | None = None, **__: object) -> Any:
        if self.failure is not None:
            raise NeighbourError(self.failure)
        self.sent.append(button_payload)

    async def agent(self, agent: AgentId) -> Agent | None:
        return {ANA.id: ANA, BIA.id: replace(BIA, departments=frozenset())}.get(agent)

    async def invite(self, agent: Agent | None, names: AgentId | None) -> None:
        unused: Any = self
        routes = InviteRoutes(FakeNumbers(), unused, FakeContacts(), unused, self.agent, SEALS, lambda: START)
        form = InviteForm(number_id=NUMBER.id, customer=ContactForm(contact_id=7), text="Ligue", agent_id=names)
        who = Caller("user:1" if agent else "key:1", EVERYTHING, agent=agent)
        await routes.invite(Asked(who, form, Nothing(), {}, {}))


async def refusal_of(desk: Desk, agent: Agent | None, names: AgentId | None) -> tuple[int, str]:
    with pytest.raises(ApiError) as refused:
        await desk.invite(agent, names)
    assert desk.sent == []
    return refused.value.status, refused.value.code


async def test_an_agent_names_themselves_a_leader_and_an_integrator_whoever_takes_the_numbers_calls() -> None:
    leader = replace(BIA, role=Role.SUPERVISOR)
    for agent in (ANA, leader, None):
        desk = Desk()
        await desk.invite(agent, ANA.id)
        invitation = invitation_in(desk.sent[0])
        assert invitation is not None and invitation.agent == ANA.id and SEALS.holds(NUMBER.id, invitation)
    desk = Desk()
    await desk.invite(ANA, None)
    assert desk.sent == [None], "nobody in particular"
    assert await refusal_of(Desk(), ANA, BIA.id) == (403, "forbidden")
    assert await refusal_of(Desk(), leader, BIA.id) == (409, "invite.agent_unknown"), "takes no calls of the number"
    assert await refusal_of(Desk(), None, AgentId(99)) == (409, "invite.agent_unknown")


@pytest.mark.parametrize(
    ("meta_code", "code"),
    [
        (131009, "invite.country"),
        (131026, "invite.app_too_old"),
        (131047, "invite.window_closed"),
        (138000, "number.calling_off"),
        (131030, "customer.not_on_test_list"),
    ],
)
async def test_what_meta_refuses_is_said_in_our_words(meta_code: int, code: str) -> None:
    desk = Desk(failure=Failure(f"meta.{meta_code}", Fault.META))
    assert await refusal_of(desk, ANA, ANA.id) == (409, code)


async def test_outside_the_window_meta_is_not_asked_and_where_it_is_away_that_is_said() -> None:
    assert await refusal_of(Desk(window_s=0), ANA, None) == (409, "invite.window_closed")
    with pytest.raises(NeighbourError):
        await Desk(failure=Failure("graph.unreachable", Fault.NETWORK)).invite(ANA, None)
