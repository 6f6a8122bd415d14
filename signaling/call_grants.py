"""In which departments a grant to listen, to replay or to take away counts for a call. Pure, and the only place.

A call is its number's department's and, where the number names operators, also that of the departments among them. Its
agent has it for those of these that they work in. An agent who works in none of them is its **guest**: named as a
single user, or given the call from elsewhere. Then it is also that of the departments they work in, whose supervisors
answer for them. Who works in one of the call's departments and in another as well is no guest: the other's supervisors
are told nothing, though the agent is theirs too.
"""

from dataclasses import dataclass

from signaling.ids import AgentId, DepartmentId, NumberId
from signaling.operators import Departments
from signaling.ports import Agent, Operators

NOBODYS: Departments = frozenset({None})
"""Of a number with neither a department nor operators."""


def departments_of_call(department: DepartmentId | None, operators: Operators | None) -> Departments:
    """Those whose call it is, whoever has it. `department`: its number's when it came."""
    if operators is None:
        return frozenset({department})
    return operators.departments if department is None else operators.departments | {department}


def works_in(agent: Agent) -> frozenset[DepartmentId]:
    return agent.departments | agent.calls_for


def is_guest(own: Departments, working: frozenset[DepartmentId]) -> bool:
    """Whether an agent who works in these departments has a call that is not theirs."""
    return own.isdisjoint(working)


def departments_that_count(
    department: DepartmentId | None, operators: Operators | None, agent: Agent | None
) -> Departments:
    """`agent`: who has the call; None: nobody, or somebody of whom nothing is known."""
    own = departments_of_call(department, operators)
    working = frozenset[DepartmentId]() if agent is None else works_in(agent)
    return own | working if is_guest(own, working) else own


def counts(granted: frozenset[DepartmentId], for_call: Departments) -> bool:
    """Whether somebody with a grant in these departments has it for the call. That of nobody's number is for whoever
    has the grant anywhere."""
    return bool(granted) if None in for_call else not granted.isdisjoint(for_call)


@dataclass(frozen=True, slots=True)
class Granted:
    """The same seen from somebody's grants, for records: calls of these departments, of these numbers (which name one
    of them), and those that these agents (who work in one of them) had as guests."""

    departments: frozenset[DepartmentId] = frozenset()
    numbers: frozenset[NumberId] = frozenset()
    agents: frozenset[AgentId] = frozenset()

    def covers(self, department: DepartmentId | None, number: NumberId, guest: AgentId | None) -> bool:
        """`guest`: who had the call last, where they were its guest."""
        return department in self.departments or number in self.numbers or guest in self.agents

    def __bool__(self) -> bool:
        return bool(self.departments)
