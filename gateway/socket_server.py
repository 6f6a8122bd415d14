"""The Socket.IO server of the pages, and the relays that it tells them of."""

from typing import Final

import socketio

from gateway.foundations import NotReady
from gateway.settings import Settings
from gateway.turn import TurnRelays
from signaling.agents.contract import MESSAGE_LIMIT_BYTES
from signaling.agents.namespace import AgentNamespace, RelaysFor, no_relays

HEARTBEAT_S: Final = 10
"""A page that does not answer the server's ping is gone after twice this."""


def socket_server(namespace: AgentNamespace) -> socketio.AsyncServer:
    server = socketio.AsyncServer(
        async_mode="aiohttp",
        max_http_buffer_size=MESSAGE_LIMIT_BYTES,
        ping_interval=HEARTBEAT_S,
        ping_timeout=HEARTBEAT_S,
        cors_allowed_origins=[],  # nobody is granted other origins; `authenticate` refuses them
    )
    server.register_namespace(namespace)
    return server


def relays_of(settings: Settings) -> RelaysFor:
    """Raises NotReady for addresses without a secret."""
    if not settings.turn_urls:
        return no_relays
    if settings.turn_secret is None:
        raise NotReady("RAMAL_TURN_URLS needs RAMAL_TURN_SECRET")
    return TurnRelays(settings.turn_urls, settings.turn_secret)
