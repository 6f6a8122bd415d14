"""Performs at Meta what the lifecycle asks for. A failure is raised: the runner makes an EffectFailed of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from signaling.effects import AcceptCall, ConnectCall, Effect, PreAcceptCall, RejectCall, TerminateCall
from signaling.errors import Failure, Fault, NeighbourError
from signaling.events import CallAccepted, CallPlaced, EndingConfirmed, PreAccepted
from signaling.meta.graph_api import GraphApi
from signaling.meta.graph_requests import CallOptions, callee_of
from signaling.opaque import opaque_of
from signaling.runner import Performer, Report

NOBODY: Final = Failure(
    "callee.unreachable", Fault.CUSTOMER, "neither a phone number nor a business-scoped id is known"
)


@dataclass(frozen=True)
class MetaPerformer:
    """Performs the five effects that are Graph requests on a call, and no others."""

    graph: GraphApi

    async def __call__(self, effect: Effect, report: Report) -> None:
        match effect:
            case PreAcceptCall(number=number, wacid=wacid, answer=answer):
                await self.graph.pre_accept(number, wacid, answer)
                report(PreAccepted())
            case ConnectCall(call_id=call_id, number=number, callee=customer, offer=offer):
                callee = callee_of(customer)
                if callee is None:
                    raise NeighbourError(NOBODY)
                report(CallPlaced(await self.graph.connect(number, callee, offer, CallOptions(opaque_of(call_id)))))
            case AcceptCall(number=number, wacid=wacid, answer=answer):
                await self.graph.accept(number, wacid, answer)
                report(CallAccepted())
            case RejectCall(number=number, wacid=wacid):
                await self.graph.reject(number, wacid)
                report(EndingConfirmed())
            case TerminateCall(number=number, wacid=wacid):
                await self.graph.terminate(number, wacid)
                report(EndingConfirmed())
            case _:
                raise AssertionError(f"{type(effect).__name__} is not performed at Meta")


def meta_performers(graph: GraphApi) -> Mapping[type[Effect], Performer]:
    """The part of the runner's table that Meta performs."""
    performer = MetaPerformer(graph)
    return dict.fromkeys((ConnectCall, PreAcceptCall, AcceptCall, RejectCall, TerminateCall), performer)
