"""Who works with a number: its operators, which are departments and single users. Pure.

A number that names none is its department's. One that names some is theirs alone; its department stays where its
protocols, call-back cards and reports belong. What each of these people may do is their grants' business, and with
which numbers is their own (`Agent.numbers`).
"""

from signaling.ids import DepartmentId
from signaling.ports import Agent, Number

Departments = frozenset[DepartmentId | None]


def departments_of(number: Number) -> Departments:
    """Those whose business the number is. None among them: of a number without a department, which is everybody's."""
    named = frozenset[DepartmentId]() if number.operators is None else number.operators.departments
    alone = number.operators is not None and number.department is None
    return named if alone else named | {number.department}


def takes_calls_of(agent: Agent, number: Number) -> bool:
    """Whether calls to the number ring for this agent where its plan names nobody else.

    A single user who is named needs the grant to take calls in any department; so does everybody, of a number with
    neither operators nor a department.
    """
    if not agent.may_take_inbound or not agent.serves(number.id):
        return False
    operators = number.operators
    if operators is not None:
        return agent.id in operators.agents or not operators.departments.isdisjoint(agent.departments)
    return number.department is None or number.department in agent.departments


def may_call_with(agent: Agent, number: Number) -> bool:
    """Whether the agent was granted to call customers with the number; their department may be kept from it still."""
    if not agent.calls_for or not agent.serves(number.id):
        return False
    operators = number.operators
    if operators is not None:
        return agent.id in operators.agents or not operators.departments.isdisjoint(agent.calls_for)
    return number.department is None or number.department in agent.calls_for


def department_lets(agent: Agent, number: Number) -> bool:
    """Whether a department for which the agent would call with the number lets its people call. Who is named
    themselves calls for no department."""
    operators = number.operators
    if operators is None:
        return number.department_may_call
    if agent.id in operators.agents:
        return True
    calling = operators.departments & agent.calls_for
    return not calling or not calling <= operators.closed


def departments_let(number: Number) -> bool:
    """Whether anybody at all may call with the number, as far as departments' switches go."""
    operators = number.operators
    if operators is None:
        return number.department_may_call
    return bool(operators.agents) or not operators.departments <= operators.closed


def works_with(agent: Agent, number: Number) -> bool:
    return takes_calls_of(agent, number) or may_call_with(agent, number)
