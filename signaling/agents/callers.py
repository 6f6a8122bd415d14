"""Whose business it is who a live call's customer is: their last calls, their protocol. Pure."""

from signaling.agents.live_calls import agents_of
from signaling.call import Call
from signaling.ports import Agent
from signaling.routing import concerns


def may_know_caller(agent: Agent, call: Call) -> bool:
    """Whoever the call rings or waits for, until somebody else took it; and whoever is in it, is asked about it, or
    supervises it."""
    return concerns(agent, call) or agent.id in agents_of(call)
