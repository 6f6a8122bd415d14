"""The built page: files of `gateway/web`, and its index for every address that the page itself understands."""

import asyncio
from pathlib import Path, PurePosixPath
from typing import Final

from aiohttp import web

from gateway.api.errors import not_found

BUILT_PAGE: Final = Path(__file__).parents[1] / "web"
HASHED: Final = "assets"
"""Where Vite puts files whose names change with their content."""

FOREVER: Final = "public, max-age=31536000, immutable"
ASK_EACH_TIME: Final = "no-cache"
NOT_PAGES: Final = frozenset({"api", "webhooks", "socket.io", "metrics", "healthz", "readyz"})

NOT_BUILT: Final = "The page of this gateway has not been built yet.\n\nRun: make web\nThen load this page again.\n"


class WebPages:
    def __init__(self, root: Path = BUILT_PAGE) -> None:
        self._root = root.resolve()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """A file of the page; the page itself for other addresses; 404 for what belongs to neither."""
        path = PurePosixPath(request.match_info["path"])
        first = path.parts[0] if path.parts else ""
        if first in NOT_PAGES:
            raise not_found()
        file = await asyncio.to_thread(self._find, path)
        if file is not None:
            return web.FileResponse(file, headers={"Cache-Control": FOREVER if first == HASHED else ASK_EACH_TIME})
        if first == HASHED:
            raise not_found()  # an old page asks for an old file: the index instead would be a confusing script error
        index = await asyncio.to_thread(self._find, PurePosixPath("index.html"))
        if index is None:
            return web.Response(status=503, text=NOT_BUILT)
        return web.FileResponse(index, headers={"Cache-Control": ASK_EACH_TIME})

    def _find(self, path: PurePosixPath) -> Path | None:
        """The file inside the root that a path names. Whatever leads out of it, or is no file, is None."""
        try:
            file = (self._root / path).resolve()
            return file if file.is_relative_to(self._root) and file.is_file() else None
        except (OSError, ValueError):  # names that are too long, or hold a null byte
            return None
