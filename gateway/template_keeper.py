"""Keeps what Meta thinks of the templates by which our numbers ask for permission: asked each hour, each minute while
one waits for Meta's review, and at once when Meta did not send one. What was found is kept beside the number
(`signaling.permission_templates`)."""

from dataclasses import InitVar, dataclass, field, replace
from functools import partial
from typing import Protocol

import structlog

from gateway.rounds import LOOK_EVERY_S, SOON_S, Rounds
from signaling.errors import NeighbourError
from signaling.ids import NumberId, PhoneNumberId
from signaling.meta.graph_answers import TemplateKnown
from signaling.permission_templates import MOST_KNOWN, TEXT_LIMIT_CHARS, KnownTemplate, TemplatesAtMeta, use_of
from signaling.ports import Clock, Number, NumberStore
from store.permission_templates import SqlPermissionTemplates

log = structlog.get_logger(__name__)

WORD_LIMIT_CHARS = 64


class TemplateGraph(Protocol):
    """What of `signaling.meta.graph_api.GraphApi` is needed here."""

    async def templates(self, via: PhoneNumberId, waba: str) -> list[TemplateKnown]: ...


@dataclass
class TemplateKeeper:
    """`start` and `stop` it."""

    store: SqlPermissionTemplates
    numbers: NumberStore
    graph: TemplateGraph
    clock: Clock
    look_every_s: InitVar[float] = LOOK_EVERY_S
    soon_s: InitVar[float] = SOON_S
    _rounds: Rounds = field(init=False)

    def __post_init__(self, look_every_s: float, soon_s: float) -> None:
        self._rounds = Rounds("templates", self.look, self.store.kept, look_every_s, soon_s)

    def start(self) -> None:
        self._rounds.start()

    async def stop(self) -> None:
        await self._rounds.stop()

    async def ask(self, number: NumberId) -> None:
        """Ask Meta now. Returns when it has answered, or after a few seconds."""
        await self._rounds.now(partial(self.look, number))

    def refused(self, number: NumberId) -> None:
        """Meta did not send a template: what is known of it is old."""
        self._rounds.begin(partial(self.look, number))

    async def look(self, number: NumberId) -> TemplatesAtMeta | None:
        """None: there is no such number. Raises NeighbourError when our own database is away."""
        async with self._rounds.locks[number]:
            while True:
                stored, ours = await self.store.of(number), await self.numbers.by_id(number)
                if stored is None or ours is None:
                    return None
                seen = await self._seen(ours, stored.at_meta)
                self._rounds.looked(number, failed=seen.failure is not None)
                if await self.store.note(number, seen, stored.at_meta):
                    await self.numbers.by_id(number)  # who calls now knows it, too
                    return seen

    async def _seen(self, number: Number, before: TemplatesAtMeta | None) -> TemplatesAtMeta:
        now = self.clock()
        try:
            found = await self.graph.templates(number.phone_number_id, number.waba_id)
        except NeighbourError as error:
            log.warning("templates_not_looked_at", number=number.id, code=error.failure.code)
            return replace(before or TemplatesAtMeta(now), at=now, failure=error.failure.code)
        seen = TemplatesAtMeta(now, None, now, tuple(_known(one) for one in found if one.asks_permission)[:MOST_KNOWN])
        for template in number.templates:
            use = use_of(template, seen)
            if use is not use_of(template, before):
                log.info("permission_template_stands", number=number.id, template=template.name, use=use.value)
        return seen


def _known(found: TemplateKnown) -> KnownTemplate:
    reason = found.rejected_reason
    return KnownTemplate(
        found.name[:512],
        found.language[:16],
        found.status[:WORD_LIMIT_CHARS],
        None if found.category is None else found.category[:WORD_LIMIT_CHARS],
        found.text[:TEXT_LIMIT_CHARS],
        None if reason in (None, "", "NONE") else reason[:WORD_LIMIT_CHARS],
    )
