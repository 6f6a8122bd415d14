"""Whose business it is how a customer stands with one of our numbers. Pure."""

from signaling.operators import may_call_with, works_with
from signaling.ports import Agent, Number, Role


def may_know(agent: Agent, number: Number) -> bool:
    """Supervisors and administrators; of agents, those who take the number's calls and those who may call for it."""
    if agent.role is not Role.AGENT:
        return True
    if number.department is None and number.operators is None:
        return may_call_with(agent, number)
    return works_with(agent, number)
