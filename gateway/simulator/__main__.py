"""`python -m gateway.simulator` is `ramal simulate`, without loading the gateway."""

import typer

from gateway.simulator.cli import simulate

typer.run(simulate)
