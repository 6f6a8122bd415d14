"""ICE of one peer, kept by a media thread."""

from collections.abc import Callable
from typing import Any, Protocol

from gateway.media.native import _plane
from gateway.media.native.told import News
from gateway.media.plane import Address, FlowId

_lib: Any = _plane.lib


class CarriesFlows(Protocol):
    """The plane, as an agent needs it."""

    def carry(self, agent: Any, flow: FlowId, path: Address) -> None: ...

    def forget_agent(self, number: int) -> None: ...


class NativeIce:
    """`gateway.media.plane.IceKeeper`: a struct agent."""

    def __init__(self, handle: Any, plane: CarriesFlows, number: int, on_news: Callable[[News, bytes], None]) -> None:
        self.on_news = on_news
        self._handle, self._plane, self._number = handle, plane, number

    @property
    def last_check_s(self) -> float | None:
        at_s = -1.0 if self._handle is None else _lib.plane_last_check_s(self._handle)
        return None if at_s < 0 else at_s

    def name_peer(self, ufrag: str, pwd: str) -> None:
        if self._handle is not None:
            _lib.plane_name_peer(self._handle, ufrag.encode(), pwd.encode())

    def carry(self, flow: FlowId, path: Address) -> None:
        if self._handle is not None:
            self._plane.carry(self._handle, flow, path)

    def close(self) -> None:
        if self._handle is not None:
            _lib.plane_remove_agent(self._handle)
            self._handle = None
            self._plane.forget_agent(self._number)
