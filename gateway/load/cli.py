"""`ramal load`: what a gateway carries."""

import asyncio
import json
import os
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gateway.load.agents import login_of, read_users
from gateway.load.conditions import conditions
from gateway.load.figures import Result
from gateway.load.meta import simulated_meta
from gateway.load.plan import BadPlan, Plan, make_plan
from gateway.load.run import Limits, Run
from gateway.load.screen import shown, table_of
from gateway.load.site import HOST, DidNotStart, MetaAccount, Site, free_port, started_gateway
from gateway.load.tally import Progress
from gateway.load.usage import allow_descriptors
from gateway.loop import new_event_loop
from gateway.media.aiortc_seam import Certificate
from gateway.media.planes import PlaneChoice, PlaneMissing, open_plane
from signaling.errors import NeighbourError
from signaling.private import Token

QUICK_CALLS, QUICK_RATE, QUICK_DURATION_S = 20, 5.0, 15.0
CALLS, RATE, DURATION_S = 300, 10.0, 60.0


def load(
    calls: Annotated[
        int | None, typer.Option(min=1, help="Calls that are kept up.  [default: --in and --out, or 300]")
    ] = None,
    rate: Annotated[float | None, typer.Option(min=0.01, help="Set-ups per second.  [default: 10]")] = None,
    hold: Annotated[
        float | None,
        typer.Option(min=0, help="Seconds each call lasts. Default: the oldest ends whenever a new one is up."),
    ] = None,
    inbound: Annotated[int | None, typer.Option("--in", min=0, help="How many of --calls customers place.")] = None,
    outbound: Annotated[int | None, typer.Option("--out", min=0, help="How many of --calls agents place.")] = None,
    duration: Annotated[
        float | None, typer.Option(min=1, help="Seconds to go on once all calls are up.  [default: 60]")
    ] = None,
    agents: Annotated[int | None, typer.Option(min=1, help="Default: --calls, and some to spare.")] = None,
    waiting: Annotated[
        int | None, typer.Option(min=1, help="Agents who are free at a time.  [default: for 3 s of set-ups]")
    ] = None,
    no_media: Annotated[bool, typer.Option("--no-media", help="Nobody speaks: what signalling alone carries.")] = False,
    beyond: Annotated[
        int, typer.Option(min=0, help="So many more, once all are up: the gateway must refuse each.")
    ] = 0,
    plane: Annotated[PlaneChoice, typer.Option(help="Media plane of the gateway that is started.")] = PlaneChoice.AUTO,
    setting: Annotated[
        list[str] | None, typer.Option(help="RAMAL_NAME=value for the gateway that is started; may be repeated.")
    ] = None,
    threads: Annotated[int, typer.Option(min=1, max=64, help="Media threads of the load.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on the last line.")] = False,
    gateway: Annotated[
        str | None, typer.Option(help="URL of a gateway that is there already. Default: one is started.")
    ] = None,
    gateway_pid: Annotated[int | None, typer.Option(help="Its process, where it is on this machine.")] = None,
    users: Annotated[Path | None, typer.Option(help="JSON file with its agents: passwords by login.")] = None,
    gateway_up_within: Annotated[
        float, typer.Option(min=0, help="Seconds until it must have answered the webhook's challenge.")
    ] = 60.0,
    listen: Annotated[
        str, typer.Option(help="host:port of the simulated Meta; a gateway that is there needs it as RAMAL_GRAPH_URL.")
    ] = f"{HOST}:0",
    app_secret: Annotated[str | None, typer.Option(envvar="RAMAL_META_APP_SECRET", show_default=False)] = None,
    verify_token: Annotated[str | None, typer.Option(envvar="RAMAL_META_VERIFY_TOKEN", show_default=False)] = None,
    token: Annotated[str | None, typer.Option(envvar="RAMAL_META_TOKEN", show_default=False)] = None,
    phone_number_id: Annotated[str, typer.Option(help="The business number that is called.")] = "306540000000002",
    waba: Annotated[str, typer.Option(help="Its WhatsApp Business Account.")] = "204857600000001",
    business_phone: Annotated[str, typer.Option(help="The number itself, digits only.")] = "551133330000",
) -> None:
    """Let simulated customers and agents call each other, and say what it cost the gateway.

    Real webhooks, Graph, ICE, DTLS, SRTP and Socket.IO; no browsers. BENCH_QUICK=1: a small run within a minute.
    """
    quick = os.environ.get("BENCH_QUICK", "0") not in ("", "0")
    try:
        settings = _settings(setting or [], plane)
        known = _known_site(gateway, gateway_pid, users)
        plan = make_plan(
            calls,
            rate or (QUICK_RATE if quick else RATE),
            hold,
            inbound,
            outbound,
            len(known.passwords) if known is not None else agents,
            duration or (QUICK_DURATION_S if quick else DURATION_S),
            media=not no_media,
            beyond=beyond,
            quick=quick,
            usual_calls=QUICK_CALLS if quick else CALLS,
            waiting=waiting,
        )
        host, _, port = listen.rpartition(":")
        if not port.isdecimal():
            raise BadPlan("--listen must be host:port.")
        account = _account(app_secret, verify_token, token, made_up=known is None)
        account = replace(account, phone_number_id=phone_number_id, waba_id=waba, business_phone=business_phone)
    except BadPlan as bad:
        raise typer.BadParameter(str(bad)) from None
    console = Console(stderr=True)
    limits = Limits(time.monotonic() + plan.longest_s, gateway_up_within)
    allow_descriptors()
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            result = runner.run(_run(plan, account, known, settings, threads, host or HOST, int(port), limits, console))
    except (DidNotStart, PlaneMissing) as error:
        raise _stop(str(error)) from None
    except NeighbourError as error:
        raise _stop(f"{error.failure.code}: {error.failure.detail}") from None
    except OSError as error:
        raise _stop(f"The load could not begin: {error.strerror or error}") from None
    console.print(table_of(result.rows()))
    if as_json:
        typer.echo(json.dumps(result.as_dict()))


async def _run(
    plan: Plan,
    account: MetaAccount,
    known: Site | None,
    settings: Mapping[str, str],
    threads: int,
    host: str,
    port: int,
    limits: Limits,
    console: Console,
) -> Result:
    progress = Progress()
    run: Run | None = None
    plane, certificate = open_plane(threads=threads), Certificate()
    gateway_plane = settings["RAMAL_PLANE"] if known is None else "unknown"
    try:
        async with (
            shown(lambda: progress if run is None else run.progress, console),
            _site(plan, account, known, settings, host, port) as (site, meta_port),
        ):
            webhook_url = f"{site.url}/webhooks/meta"
            async with simulated_meta(account, plan, plane, certificate, host, meta_port, webhook_url) as meta:
                run = Run(plan, site, meta, plane, certificate, host, limits)
                return replace(await run.go(), conditions=conditions(plan, plane, gateway_plane))
    finally:
        plane.close()


@asynccontextmanager
async def _site(
    plan: Plan, account: MetaAccount, known: Site | None, settings: Mapping[str, str], host: str, port: int
) -> AsyncIterator[tuple[Site, int]]:
    """The gateway, and the port on which it expects Meta."""
    meta_port = port or free_port()
    if known is not None:
        yield known, meta_port
        return
    with tempfile.TemporaryDirectory(prefix="ramal-load-") as folder:
        logins = [login_of(number) for number in range(plan.agents)]
        url = f"http://{host}:{meta_port}"
        async with started_gateway(Path(folder), account, url, logins, settings) as site:
            yield site, meta_port


def _settings(given: Sequence[str], plane: PlaneChoice) -> dict[str, str]:
    settings = {"RAMAL_PLANE": plane.value}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.startswith("RAMAL_"):
            raise BadPlan("--setting must be RAMAL_NAME=value.")
        settings[name] = value
    return settings


def _known_site(gateway: str | None, pid: int | None, users: Path | None) -> Site | None:
    if gateway is None:
        return None
    if users is None:
        raise BadPlan("--gateway needs --users: the agents that it knows, as a JSON object of passwords by login.")
    try:
        passwords = read_users(users.read_text())
    except OSError as error:
        raise BadPlan(f"--users: {error.strerror}.") from None
    except ValueError as error:
        raise BadPlan(f"--users: {error}.") from None
    return Site(gateway.rstrip("/"), pid, passwords)


def _account(app_secret: str | None, verify_token: str | None, token: str | None, made_up: bool) -> MetaAccount:
    """For a gateway that is there: what it knows. One that is started is told secrets of its own."""
    if made_up:
        return MetaAccount.made_up()
    if not (app_secret and verify_token and token):
        raise BadPlan("--gateway needs RAMAL_META_APP_SECRET, RAMAL_META_VERIFY_TOKEN and RAMAL_META_TOKEN as it has.")
    return MetaAccount(Token(app_secret.split(",")[0].strip()), Token(verify_token), Token(token))


def _stop(why: str) -> typer.Exit:
    typer.echo(why, err=True)
    return typer.Exit(1)
