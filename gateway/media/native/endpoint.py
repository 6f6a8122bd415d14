"""A socket that a media thread reads."""

from collections.abc import Callable
from typing import Any

from gateway.media.native import _plane
from gateway.media.plane import Address, ControlHandler

_lib: Any = _plane.lib


class NativeEndpoint:
    """`gateway.media.plane.Endpoint`. `handle`: a struct endpoint; None when it is closed."""

    def __init__(
        self, handle: Any, local: Address, on_control: ControlHandler, on_closed: Callable[[], object]
    ) -> None:
        self.handle = handle
        self.on_control = on_control
        self._local, self._on_closed = local, on_closed

    @property
    def local_address(self) -> Address:
        return self._local

    def send(self, data: bytes, address: Address) -> None:
        if self.handle is not None:
            _lib.plane_send(self.handle, data, len(data), address[0].encode(), address[1])

    def close(self) -> None:
        if self.handle is not None:
            _lib.plane_close_endpoint(self.handle)
            self.handle = None
            self._on_closed()
