"""What is read off the media threads."""

from typing import Any, NamedTuple

from gateway.media.native import _plane
from gateway.media.plane import DirectionFigures, FlowFigures, PlaneTotals

_ffi: Any = _plane.ffi
_lib: Any = _plane.lib
_NO_LEVEL = 1
_CAUSES = ("replay", "authentication", "malformed", "too_many_sources", "unknown_payload", "unsendable")


class Inventory(NamedTuple):
    """What the media threads hold; commands take effect within a round of theirs. `keys`: addresses,
    SSRCs and names."""

    endpoints: int
    flows: int
    agents: int
    paced_lines: int
    keys: int


def inventory_of(plane: Any) -> Inventory:
    out = _ffi.new("inventory *")
    _lib.plane_inventory(plane, out)
    return Inventory(out.endpoints, out.flows, out.agents, out.paced_lines, out.keys)


def totals_of(plane: Any, flows: int) -> PlaneTotals:
    out = _ffi.new("totals_of_all *")
    _lib.plane_totals(plane, out)
    return PlaneTotals(flows, out.received, out.sent, _dropped(out, (*_CAUSES, "stranger")))


def figures_of(flow: Any) -> FlowFigures:
    out = _ffi.new("figures *")
    _lib.plane_figures(flow, out)
    return FlowFigures(
        received=_direction(out.received),
        sent=_direction(out.sent),
        round_trip_ms=None if out.round_trip_s < 0 else out.round_trip_s * 1000,
        level_dbov=None if out.level_dbov == _NO_LEVEL else out.level_dbov,
        dropped=_dropped(out, _CAUSES),
    )


def _dropped(counts: Any, causes: tuple[str, ...]) -> dict[str, int]:
    return {cause: packets for cause in causes if (packets := getattr(counts, cause))}


def _direction(figures: Any) -> DirectionFigures:
    return DirectionFigures(
        packets=figures.packets,
        octets=figures.octets,
        lost=figures.lost,
        loss_fraction=figures.loss_fraction,
        jitter_ms=figures.jitter_ms,
        first_packet_s=None if figures.first_s < 0 else figures.first_s,
        last_packet_s=None if figures.last_s < 0 else figures.last_s,
        reported_s=None if figures.reported_s < 0 else figures.reported_s,
        acknowledged=figures.acknowledged,
    )
