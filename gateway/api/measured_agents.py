"""`/api/v1/measures/agents`: whose measures the caller may ask for."""

from typing import Annotated

from pydantic import Field

from gateway.api.call_filters import visible_to_caller
from gateway.api.measures import READS
from gateway.api.operations import Answer, Asked, Nothing, Operation
from store.measured_agents import SqlMeasuredAgents


class MeasuredAgentLine(Answer):
    id: int
    name: str
    works: Annotated[bool, Field(description="May sign in.")]


class MeasuredAgentsAnswer(Answer):
    """By name."""

    agents: list[MeasuredAgentLine]


class MeasuredAgentRoutes:
    def __init__(self, agents: SqlMeasuredAgents) -> None:
        self._agents = agents

    def operations(self) -> list[Operation]:
        return [
            Operation(
                name="listMeasuredAgents",
                method="GET",
                path="/measures/agents",
                summary="Whose measures the caller may ask for: those of the departments and numbers that they see.",
                access=READS,
                answer=MeasuredAgentsAnswer,
                handler=self.agents,
                tag="calls",
            )
        ]

    async def agents(self, asked: Asked[Nothing, Nothing]) -> MeasuredAgentsAnswer:
        found = await self._agents.of(visible_to_caller(asked.who))
        return MeasuredAgentsAnswer(
            agents=[MeasuredAgentLine(id=agent.id, name=agent.name, works=agent.works) for agent in found]
        )
