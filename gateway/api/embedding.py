"""`/embed`: the phone alone, for a frame in the pages of a CRM (`docs/embedding.md`).

The only page of ours that another site may show, and only those of `RAMAL_EMBED_ORIGINS`. The page is told them too: it
speaks with nobody else.
"""

import asyncio
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final

from aiohttp import web

from gateway.api.headers import POLICY, content_policy
from gateway.api.web import ASK_EACH_TIME, NOT_BUILT

EMBED_PATH: Final = "/embed"
BUILT_FILE: Final = "embed.html"
PLACE: Final = "{{RAMAL_EMBED_ORIGINS}}"
"""Where the origins stand in the built page."""

SWITCHED_OFF: Final = (
    "No other site may show this gateway's panel.\n\nIts operator can name them: RAMAL_EMBED_ORIGINS.\n"
)


class EmbeddedPanel:
    """`origins`: who may show it; none: it is switched off."""

    def __init__(self, root: Path, public_url: str, origins: Sequence[str]) -> None:
        self._file, self._origins = root / BUILT_FILE, " ".join(origins)
        self._headers = {POLICY: content_policy(public_url, origins), "Cache-Control": ASK_EACH_TIME}

    async def serve(self, request: web.Request) -> web.Response:
        """200 with the page; 404 while it is switched off; 503 where no page was built."""
        if not self._origins:
            return web.Response(status=404, text=SWITCHED_OFF)
        try:
            page = await asyncio.to_thread(self._file.read_text, "utf-8")
        except FileNotFoundError:
            return web.Response(status=503, text=NOT_BUILT)
        shown = page.replace(PLACE, escape(self._origins))
        return web.Response(text=shown, content_type="text/html", headers=self._headers)
