"""The event loop that our processes run on."""

import asyncio


def new_event_loop() -> asyncio.AbstractEventLoop:
    """uvloop's, where it is installed: forwarding packets then costs a third less."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
