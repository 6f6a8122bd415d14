"""Performs at Meta what the lifecycle asks for. A failure is raised: the runner makes an EffectFailed of it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from signaling.effects import AcceptCall, ConnectCall, Effect, PreAcceptCall, RejectCall, TerminateCall
from signaling.errors import Failure, Fault, NeighbourError
from signaling.events import CallAccepted, CallPlaced, EndingConfirmed, PreAccepted
from signaling.ids import PhoneNumberId
from signaling.meta.graph_api import GraphApi
from signaling.meta.graph_requests import NO_OPTIONS, CallOptions, callee_of
from signaling.opaque import opaque_of
from signaling.runner import Performer, Report

NOBODY: Final = Failure(
    "callee.unreachable", Fault.CUSTOMER, "neither a phone number nor a business-scoped id is known"
)


OptionsOf = Callable[[PhoneNumberId], Awaitable[CallOptions]]
"""What goes with every call of a number (its recording at Meta). Must not raise, and must not take long."""


async def nothing_more(_: PhoneNumberId) -> CallOptions:
    return NO_OPTIONS


@dataclass(frozen=True)
class MetaPerformer:
    """Performs the five effects that are Graph requests on a call, and no others."""

    graph: GraphApi
    options_of: OptionsOf = nothing_more

    async def __call__(self, effect: Effect, report: Report) -> None:
        match effect:
            case PreAcceptCall(number=number, wacid=wacid, answer=answer):
                await self.graph.pre_accept(number, wacid, answer)
                report(PreAccepted())
            case ConnectCall(call_id=call_id, number=number, callee=customer, offer=offer):
                callee = callee_of(customer)
                if callee is None:
                    raise NeighbourError(NOBODY)
                options = replace(await self.options_of(number), opaque=opaque_of(call_id))
                report(CallPlaced(await self.graph.connect(number, callee, offer, options)))
            case AcceptCall(number=number, wacid=wacid, answer=answer):
                await self.graph.accept(number, wacid, answer, await self.options_of(number))
                report(CallAccepted())
            case RejectCall(number=number, wacid=wacid):
                await self.graph.reject(number, wacid)
                report(EndingConfirmed())
            case TerminateCall(number=number, wacid=wacid):
                await self.graph.terminate(number, wacid)
                report(EndingConfirmed())
            case _:
                raise AssertionError(f"{type(effect).__name__} is not performed at Meta")


def meta_performers(graph: GraphApi, options_of: OptionsOf = nothing_more) -> Mapping[type[Effect], Performer]:
    """The part of the runner's table that Meta performs."""
    performer = MetaPerformer(graph, options_of)
    return dict.fromkeys((ConnectCall, PreAcceptCall, AcceptCall, RejectCall, TerminateCall), performer)
