"""What a simulated Meta is set up with: one business number, one app, and Meta's limits as data."""

from dataclasses import dataclass, field

from gateway.simulator.permission_rules import PermissionLimits
from signaling.private import Token


@dataclass(frozen=True, slots=True)
class MetaRules:
    """Meta's times and limits (reference 3.8, 4.5), and the switches where sources disagree. Seconds."""

    ring_window_s: float = 45.0  # 30 to 60: then the customer's phone gives up
    first_media_s: float = 20.0  # no media after accept: 138021
    silence_s: float = 30.0  # no packets in a call: 138021
    stale_offer_s: float = 60.0  # a connect older than this must be dropped, without asking Graph
    late_audio_s: float = 0.2  # a longer gap between packets to the customer is a fault (not Meta's rule: ours)
    webhook_timeout_s: float = 20.0
    webhook_retry_s: tuple[float, ...] = (0.5, 2.0, 8.0, 30.0, 120.0, 600.0, 3600.0)  # the last one repeats
    webhook_retry_for_s: float = 36 * 3600.0
    graph_latency_s: float = 0.02  # an answer of Graph is never instant: audio sent meanwhile is too early
    graph_requests_per_s: int = 200
    late_action_s: float = 2.0  # after our terminate was acknowledged, acting on the call is no longer a race
    max_concurrent_calls: int = 1000
    permissions: PermissionLimits = field(default_factory=PermissionLimits)
    capture_s: float = 1.0  # after the end of a call Meta's own recording is there: "usually within a minute" (1.7)
    media_url_s: float = 300.0  # an address of a file lives five minutes
    media_kept_s: float = 7 * 86_400.0
    accept_needs_pre_accept: bool = True  # sources disagree (reference 10, C3): strict by default


@dataclass(frozen=True, slots=True)
class SimulatorSettings:
    """`webhook_url` is the gateway's callback. `media_host` is both bound and put in the offers' candidate."""

    webhook_url: str
    app_secret: Token
    verify_token: Token
    access_token: Token
    phone_number_id: str = "306540000000002"
    waba_id: str = "204857600000001"
    business_phone: str = field(default="551133330000", repr=False)
    business_name: str = "Loja Exemplo"
    app_id: str = "908172635400001"
    media_host: str = "127.0.0.1"
    media_port: int = 0  # one UDP port for every call, as at Meta's relays; 0: any
    oldest_graph_version: int = 21
    permitted: bool | None = True  # what `dialing` begins with; None: customers must be asked first
    rules: MetaRules = field(default_factory=MetaRules)
