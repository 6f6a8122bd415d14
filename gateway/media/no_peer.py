"""What a plane's flow has in a peer's place when it has none: sound that is made here comes by `push`."""

import os
from typing import Final

from gateway.media.plane import Address, FlowCodec, SrtpKeys, SrtpProfile

NO_PEER: Final[Address] = ("192.0.2.0", 0)
"""An address for documentation (RFC 5737). No datagram comes from port 0, and the gate of such a flow is never opened:
nothing is sent there."""

NO_PEERS_CODEC: Final = FlowCodec(opus=111)

_KEY_AND_SALT_BYTES = 30  # AES-128 with HMAC-SHA1 (RFC 3711 §8.2)


def no_peers_keys() -> SrtpKeys:
    """Keys that nobody has."""
    key = os.urandom(_KEY_AND_SALT_BYTES)
    return SrtpKeys(SrtpProfile.AES_CM_128_HMAC_SHA1_80, rx=key, tx=key)
