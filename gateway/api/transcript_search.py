"""`/api/v1/transcripts`: calls in which words were said, of those that the reader may replay.

Every search stands in the audit; what was searched for does not.
"""

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from gateway.api.call_bodies import CallLine
from gateway.api.calls import shown
from gateway.api.door import EVERYBODY, Access
from gateway.api.errors import bad_request
from gateway.api.operations import Answer, Asked, Digits, Nothing, Operation, Query
from gateway.api.replayers import Replayers
from gateway.api.transcript_bodies import Line
from recording.engines import Engines
from signaling.ports import Clock
from store.api_keys import Scope
from store.audit import Entry, SqlAudit
from store.departments import SqlDepartmentStore
from store.snippets import FoundLine
from store.transcripts import MOST_FOUND, SqlTranscripts
from store.word_search import wanted

SEARCHES: Final = Access(Scope.TRANSCRIPTS_READ, EVERYBODY)


class SearchQuery(Query):
    words: Annotated[str, Field(min_length=1, max_length=200, description="All of them; the last may be a beginning.")]
    limit: Annotated[Digits, Field(ge=1, le=MOST_FOUND)] = 20
    before: Annotated[Digits | None, Field(ge=1, description="`next` of the page before.")] = None


class PieceTold(Answer):
    text: str
    found: Annotated[bool, Field(description="It is one of the words.")]


class FoundLineTold(Line):
    pieces: Annotated[
        list[PieceTold], Field(description="The text, or the part of it around the first word, in order.")
    ]


class FoundTold(Answer):
    call: CallLine
    lines: Annotated[list[FoundLineTold], Field(description="Where most of the words were said, in the call's order.")]
    lines_in_all: Annotated[int, Field(description="In which any of them was said.")]


class SearchTold(Answer):
    """Newest first."""

    found: list[FoundTold]
    next: str | None


class ReachTold(Answer):
    """Through what the caller's searches look. None of the last three: through no call, or, of a key that is held to
    numbers, through theirs."""

    engine: Annotated[bool, Field(description="Calls are written down by themselves (`RAMAL_TRANSCRIPTION`).")]
    anything: Annotated[bool, Field(description="There is at least one transcript among the calls that are searched.")]
    every_call: bool
    own_calls: Annotated[bool, Field(description="Those that the caller talked in.")]
    departments: Annotated[list[str], Field(description="Whose calls the caller may replay, by name.")]


@dataclass(frozen=True, slots=True)
class TranscriptSearchRoutes:
    texts: SqlTranscripts
    departments: SqlDepartmentStore
    replayers: Replayers
    audit: SqlAudit
    engines: Engines
    clock: Clock

    def operations(self) -> list[Operation]:
        return [
            Operation(
                name="searchTranscripts",
                method="GET",
                path="/transcripts",
                summary="Calls in which words were said, of those that the caller may replay.",
                access=SEARCHES,
                query=SearchQuery,
                answer=SearchTold,
                handler=self.search,
                omit_unset=True,
                tag="recordings",
            ),
            Operation(
                name="getTranscriptReach",
                method="GET",
                path="/transcripts/reach",
                summary="Through which calls the caller's searches look, and whether calls are written down at all.",
                access=SEARCHES,
                answer=ReachTold,
                handler=self.reach,
                tag="recordings",
            ),
        ]

    async def search(self, asked: Asked[Nothing, SearchQuery]) -> SearchTold:
        query = asked.query
        if (words := wanted(query.words)) is None:
            raise bad_request("There is no word in `words`.")
        page = await self.texts.search(words, await self.replayers.visible(asked.who), query.limit, query.before)
        # What was searched for may name a person: it is not written down.
        about = {"words": len(words.words), "found": len(page.found)}
        await self.audit.append(Entry(self.clock(), asked.who.actor, "transcripts.searched", "", about))
        found = [
            FoundTold(
                call=CallLine(**shown(asked.who, one.call)),
                lines=[_line(line) for line in one.lines.shown],
                lines_in_all=one.lines.in_all,
            )
            for one in page.found
        ]
        return SearchTold(found=found, next=None if page.next_cursor is None else str(page.next_cursor))

    async def reach(self, asked: Asked[Nothing, Nothing]) -> ReachTold:
        visible = await self.replayers.visible(asked.who)
        departments = visible.visible_in
        known = [] if departments is None else await self.departments.all()
        return ReachTold(
            engine=self.engines.transcriber is not None,
            anything=await self.texts.any_in(visible),
            every_call=departments is None and visible.visible_numbers is None,
            own_calls=visible.visible_agent is not None,
            departments=[one.name for one in known if departments is not None and one.id in departments],
        )


def _line(found: FoundLine) -> FoundLineTold:
    line = found.line
    return FoundLineTold(
        speaker=line.speaker,
        start_s=line.start_s,
        end_s=line.end_s,
        text=line.text,
        pieces=[PieceTold(text=one.text, found=one.found) for one in found.pieces],
    )
