"""The simulated Meta of a load test: the strict one, with customers who only talk."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from gateway.load.customers import PlaneLines
from gateway.load.people import Crowd
from gateway.load.plan import Plan
from gateway.load.site import MetaAccount
from gateway.media.aiortc_seam import Certificate
from gateway.media.plane import Plane
from gateway.simulator.app import RunningSimulator, running
from gateway.simulator.settings import MetaRules, SimulatorSettings


@asynccontextmanager
async def simulated_meta(
    account: MetaAccount, plan: Plan, plane: Plane, certificate: Certificate, host: str, port: int, webhook_url: str
) -> AsyncIterator[RunningSimulator]:
    """Graph, webhooks and the customers' phones, in this process. Raises OSError."""
    most = plan.at_once + plan.beyond + 1  # who keeps to the number's limit is the gateway: Meta would forgive some
    settings = SimulatorSettings(
        webhook_url=webhook_url,
        app_secret=account.app_secret,
        verify_token=account.verify_token,
        access_token=account.access_token,
        phone_number_id=account.phone_number_id,
        waba_id=account.waba_id,
        business_phone=account.business_phone,
        media_host=host,
        rules=replace(MetaRules(), max_concurrent_calls=max(MetaRules().max_concurrent_calls, most)),
    )
    lines = await PlaneLines.open(plane, host, certificate, plan.media)
    async with running(settings, host, port, customers=Crowd(2 * plan.at_once + 1), lines=lines) as simulator:
        yield simulator
