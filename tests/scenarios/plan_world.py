"""One call on its way through a plan, on virtual time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import wraps

from signaling.call import State
from signaling.effects import PlayPrompts
from signaling.events import CallEvent
from signaling.plan import (
    Announce,
    HangUp,
    HangUpReason,
    Menu,
    OfferCallback,
    Plan,
    PromptId,
    Queue,
    Ring,
    StepId,
    Voicemail,
)
from signaling.schedule import Schedule
from tests.fakes.virtual_time import run_in_virtual_time
from tests.fakes.world import NUMBER, PNID, SALES, FakeWorld, offered, terminated

RING, GREETING, MENU, QUEUE, CALLBACK, PROMISED, VOICEMAIL, END, CLOSED, BYE = map(
    StepId, ("ring", "greeting", "menu", "queue", "callback", "promised", "voicemail", "end", "closed", "bye")
)
RING_S, QUEUE_S, POSITION_S, VOICEMAIL_S = 15.0, 60.0, 25.0, 90.0
PLAN = Plan(
    start=RING,
    closed=CLOSED,
    goodbye=BYE,
    steps={
        RING: Ring(then=GREETING, for_s=RING_S),
        GREETING: Announce(then=MENU, prompt=PromptId("greeting"), once_in_min=30),
        MENU: Menu(PromptId("menu_default"), {"1": QUEUE, "2": VOICEMAIL}, otherwise=QUEUE, wait_s=4, times=2),
        QUEUE: Queue(then=CALLBACK, longest_s=QUEUE_S, department=SALES, position_every_s=POSITION_S),
        CALLBACK: OfferCallback(PromptId("callback_offer"), accepted=PROMISED, otherwise=VOICEMAIL, wait_s=6),
        PROMISED: HangUp(HangUpReason.CALLBACK_PROMISED, PromptId("callback_promised")),
        VOICEMAIL: Voicemail(then=END, prompt=PromptId("voicemail"), longest_s=VOICEMAIL_S),
        END: HangUp(HangUpReason.VOICEMAIL_LEFT, PromptId("voicemail_thanks")),
        CLOSED: Announce(then=CALLBACK, prompt=PromptId("closed")),
        BYE: HangUp(HangUpReason.GOOD_BYE, PromptId("farewell")),
    },
)
ALWAYS_CLOSED = Schedule("America/Sao_Paulo", ((),) * 7)

Scenario = Callable[["PlanWorld"], Awaitable[None]]


class PlanWorld:
    def __init__(self, plan: Plan | None, schedule: Schedule | None = None) -> None:
        self.world = FakeWorld()
        self.world.numbers.numbers[PNID] = replace(NUMBER, plan=plan, schedule=schedule)

    async def call_comes(self) -> None:
        await self.world.exchange.deliver(offered())
        await settle()

    async def tell(self, *events: CallEvent) -> None:
        for event in events:
            assert self.world.exchange.tell(self.world.call.id, event), f"{type(event).__name__} came too late"
            await settle()

    async def pass_s(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await settle()

    async def customer_hangs_up(self, talked_s: int | None = None) -> None:
        await self.world.exchange.deliver(terminated(talked_s=talked_s))
        await settle()

    @property
    def state(self) -> State:
        return self.world.call.state

    @property
    def step(self) -> StepId | None:
        (live,) = self.world.exchange.live_calls
        return None if live.place is None else live.place.step

    @property
    def heard(self) -> list[tuple[str, ...]]:
        """What was played to the customer, in order."""
        return [tuple(effect.prompts) for effect in self.world.performed if isinstance(effect, PlayPrompts)]


async def settle() -> None:
    """Let everything that is ready happen; time does not move."""
    for _ in range(60):
        await asyncio.sleep(0)


def scenario(plan: Plan | None = PLAN, schedule: Schedule | None = None) -> Callable[[Scenario], Callable[[], None]]:
    def wrap(play: Scenario) -> Callable[[], None]:
        @wraps(play)
        def test() -> None:
            async def run() -> None:
                world = PlanWorld(plan, schedule)
                await play(world)
                await world.world.exchange.stop()

            run_in_virtual_time(run())

        del test.__wrapped__  # pytest would take the world for a fixture
        return test

    return wrap
