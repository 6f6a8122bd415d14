"""structlog to stdout, for us and for every library; nothing private gets through (`gateway/redaction.py`).

One `info` line per lifecycle step, events in snake_case, ids of ours as fields:
`log.info("call_state", call_id=call.id, state="ringing")`.
"""

import logging
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from gateway.redaction import redact
from gateway.settings import LogFormat, LogLevel

CHATTY_LIBRARIES = (
    "aioice",
    "aiortc",
    "asyncio",
    "aiohttp.access",  # ours is `gateway.api.access_log`
    "socketio.server",  # a level of their own keeps these four from adding a handler that bypasses us
    "socketio.client",
    "engineio.server",
    "engineio.client",
    "sqlalchemy",
    "alembic",
    "urllib3",
)
"""Their info and debug lines carry addresses, descriptions and messages, and say nothing an operator can use."""


class OurHandler(logging.StreamHandler[TextIO]):
    """Known by its class, so that configuring twice replaces it."""


class Redactor:
    """A structlog processor: the last one before rendering."""

    def __init__(self, literals: Sequence[str] = ()) -> None:
        self._literals = tuple(literals)

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        clean = redact(event, self._literals)
        assert isinstance(clean, dict)
        return clean


def configure_logs(level: LogLevel, form: LogFormat, secrets: Sequence[str] = (), stream: TextIO | None = None) -> None:
    """Send all logging of the process to `stream` (stdout), redacted. `secrets` are hidden wherever they appear.

    Call it before libraries make their loggers' handlers (before `socketio.AsyncServer`). May be called again.
    """
    out = stream if stream is not None else sys.stdout
    console = form is LogFormat.CONSOLE or (form is LogFormat.AUTO and out.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,  # to text here, so that the redactor sees it
    ]
    render: Processor = (
        structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback)
        if console
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    handler = OurHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, Redactor(secrets), render],
        )
    )
    root = logging.getLogger()
    for old in [old for old in root.handlers if isinstance(old, OurHandler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.value.upper())
    for name in CHATTY_LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)
    sys.excepthook = log_uncaught
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def log_uncaught(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> Any:
    """In place of the interpreter's own traceback, which would print what an exception holds."""
    if issubclass(kind, KeyboardInterrupt):
        return sys.__excepthook__(kind, error, traceback)
    return structlog.get_logger(__name__).critical("crashed", exc_info=(kind, error, traceback))
