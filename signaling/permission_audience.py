"""Whose business it is how a customer stands with one of our numbers. Pure."""

from signaling.ports import Agent, Number, Role


def may_know(agent: Agent, number: Number) -> bool:
    """Supervisors and administrators; of agents, those of the number's department and those who may call for it."""
    if agent.role is not Role.AGENT:
        return True
    if number.department is None:
        return bool(agent.calls_for)
    return number.department in agent.departments or number.department in agent.calls_for
