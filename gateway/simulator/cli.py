"""`ramal simulate`: a strict simulated Meta for any gateway."""

import asyncio
from typing import Annotated

import typer

from gateway.simulator.app import serve
from gateway.simulator.settings import MetaRules, SimulatorSettings
from signaling.private import Token


def simulate(
    webhook: Annotated[str, typer.Option(help="The gateway's callback, where webhooks are posted.")],
    app_secret: Annotated[str, typer.Option(envvar="RAMAL_META_APP_SECRET", help="Signs the webhooks.")],
    verify_token: Annotated[str, typer.Option(envvar="RAMAL_META_VERIFY_TOKEN", help="Shown in the handshake.")],
    token: Annotated[str, typer.Option(envvar="RAMAL_META_TOKEN", help="The bearer token Graph expects.")],
    listen: Annotated[str, typer.Option(help="host:port of Graph, the control API and the page.")] = "127.0.0.1:8090",
    phone_number_id: Annotated[str, typer.Option(help="Meta's id of the business number.")] = "306540000000002",
    waba: Annotated[str, typer.Option(help="The WhatsApp Business Account.")] = "204857600000001",
    business_phone: Annotated[str, typer.Option(help="The business number, digits only.")] = "551133330000",
    media_address: Annotated[str, typer.Option(help="IP address of the customers' UDP port.")] = "127.0.0.1",
    media_port: Annotated[int, typer.Option(help="The one UDP port of all customers; 0: any.")] = 0,
    oldest_graph_version: Annotated[int, typer.Option(help="Older versions in a path are refused.")] = 21,
    late_audio: Annotated[
        float, typer.Option(min=0.06, help="A longer gap between packets to the customer is a fault, in seconds.")
    ] = 0.2,
    ring_window: Annotated[float, typer.Option(min=1, max=600, help="Seconds until a customer gives up.")] = 45.0,
) -> None:
    """Run a Meta on this machine: Graph, signed webhooks, and customers who call and talk. Its page is a phone."""
    settings = SimulatorSettings(
        webhook_url=webhook,
        app_secret=Token(app_secret.split(",")[0].strip()),
        verify_token=Token(verify_token),
        access_token=Token(token),
        phone_number_id=phone_number_id,
        waba_id=waba,
        business_phone=business_phone,
        media_host=media_address,
        media_port=media_port,
        oldest_graph_version=oldest_graph_version,
        permitted=None,
        rules=MetaRules(ring_window_s=ring_window, late_audio_s=late_audio),
    )
    host, _, port = listen.rpartition(":")
    if not port.isdecimal():
        raise typer.BadParameter("listen must be host:port")
    try:
        asyncio.run(serve(settings, host or "127.0.0.1", int(port), lambda url: typer.echo(f"Simulated Meta: {url}/")))
    except OSError as error:
        typer.echo(f"Simulated Meta: cannot listen: {error.strerror}", err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        typer.echo("Simulated Meta: stopped")
