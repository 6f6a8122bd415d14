"""`/api/v1/capacity`: what each number, and this process, may carry and carries now."""

from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field

from gateway.api.door import EVERYBODY, Access
from gateway.api.operations import Answer, Operation
from gateway.api.sessions import Sessions, signed_in
from signaling.admission import Capacity
from signaling.capacity import NumberUse
from signaling.integrator_contract import iso
from signaling.operators import takes_calls_of
from signaling.ports import Agent, Clock, Number, NumberStore, Role


class Budget(Answer):
    limit: int | None
    used: int


class NumberBudgets(Answer):
    number_id: int
    label: str
    department: str | None
    disabled: bool
    inbound: Budget
    outbound: Budget
    initiations: Budget


class CapacityAnswer(Answer):
    at: str
    calling: Annotated[
        Literal["enabled", "not_enabled"],
        Field(description="`not_enabled`: no number of this installation is enabled; no call comes in or goes out."),
    ]
    numbers: list[NumberBudgets]
    process: dict[str, Budget] | None


class CapacityRoutes:
    def __init__(self, sessions: Sessions, numbers: NumberStore, capacity: Capacity, clock: Clock) -> None:
        self._sessions, self._numbers, self._capacity, self._clock = sessions, numbers, capacity, clock

    def operations(self) -> list[Operation]:
        return [
            Operation(
                name="getCapacity",
                method="GET",
                path="/capacity",
                summary="What each number, and this process, may carry and carries now.",
                access=Access(roles=EVERYBODY),
                answer=CapacityAnswer,
                raw=self.now,
                tag="office",
            )
        ]

    async def now(self, request: web.Request) -> web.Response:
        """`{"at", "calling", "numbers": [{"number_id", "label", "department", "disabled", "inbound": {"limit", "used"},
        "outbound": …, "initiations": …}], "process": {"ports": {"limit", "used"}, "descriptors": …, "calls": …,
        "cpu": …} | null}`.

        `initiations` are calls begun in the last 24 h; `cpu` is in percent; a `limit` of null: there is none. Users see
        the numbers of their departments; administrators all numbers, and the process. `calling` is told to everybody:
        whether any number is enabled at all (decision 0017). 401 as everywhere.
        """
        who = (await signed_in(request, self._sessions)).agent
        all_numbers = await self._numbers.all()
        numbers = [number for number in all_numbers if may_see(who, number)]
        calling = "not_enabled" if all(number.is_disabled for number in all_numbers) else "enabled"
        now = self._clock()
        process = None
        if who.role is Role.ADMINISTRATOR:
            budgets = self._capacity.process_budgets(now)
            process = {what.value: budget(limit, used) for what, (limit, used) in budgets.items()}
        lines = [number_line(number, self._capacity.use_of(number.id, now)) for number in numbers]
        return web.json_response({"at": iso(now), "calling": calling, "numbers": lines, "process": process})


def may_see(agent: Agent, number: Number) -> bool:
    """A number that is disabled is the administrators' business."""
    if agent.role is Role.ADMINISTRATOR:
        return True
    if number.is_disabled:
        return False
    return takes_calls_of(agent, number) if number.operators else number.department in agent.departments


def number_line(number: Number, use: NumberUse) -> dict[str, Any]:
    limits = number.limits
    return {
        "number_id": number.id,
        "label": number.label,
        "department": number.department_name,
        "disabled": number.is_disabled,
        "inbound": budget(limits.concurrent_inbound, use.inbound),
        "outbound": budget(limits.concurrent_outbound, use.outbound),
        "initiations": budget(limits.initiations_per_24h, use.initiations),
    }


def budget(limit: int | None, used: int) -> dict[str, int | None]:
    return {"limit": limit, "used": used}
