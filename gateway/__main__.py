"""`python -m gateway` is `ramal`."""

from gateway.cli import main

main()
