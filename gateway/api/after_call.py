"""`/api/v1/calls/{call_id}/notes` and `/api/v1/reasons`: what agents write down of a call, and the words for it."""

from collections.abc import Callable
from typing import Annotated, Final

from pydantic import Field, StringConstraints, model_validator

from gateway.api.call_filters import visible_to_caller
from gateway.api.calls import CALL_ID, READS, CallHistory
from gateway.api.door import ADMINISTRATORS, EVERYBODY, Access
from gateway.api.errors import not_found
from gateway.api.operations import Answer, Asked, Form, Nothing, Operation
from signaling.ids import CallId
from signaling.integrator_contract import Moment, NoteTold
from signaling.ports import Clock
from signaling.reasons import LABEL_LIMIT_CHARS, MOST_REASONS, REASON_CODE, Reason, ReasonKind
from store.audit import Entry, SqlAudit
from store.notes import NOTE_LIMIT_CHARS, Note, SqlNotes
from store.reasons import SqlReasons

WRITES: Final = Access(roles=EVERYBODY)
LOOKS: Final = Access(roles=EVERYBODY)
CHANGES: Final = Access(roles=ADMINISTRATORS)

Code = Annotated[str, StringConstraints(pattern=REASON_CODE)]


class NoteForm(Form):
    text: Annotated[str, Field(max_length=NOTE_LIMIT_CHARS)]
    disposition: Annotated[Code | None, Field(description="What came of the call: a code of `/reasons`.")] = None
    finished: Annotated[bool, Field(description="Tell integrators (`note.written`); else it is a draft.")] = False


class NoteSaved(Answer):
    updated_at: Moment
    finished_at: Moment | None


class NotesAnswer(Answer):
    """Oldest first, one of each agent who had the customer."""

    notes: list[NoteTold]


class ReasonLine(Form):
    code: Code
    label: Annotated[
        str | None,
        Field(min_length=1, max_length=LABEL_LIMIT_CHARS, description="null: a code that pages have a word for."),
    ] = None


class ReasonsForm(Form):
    """The whole list of one kind, in its order; empty: those that come with Ramal."""

    reasons: Annotated[list[ReasonLine], Field(max_length=MOST_REASONS)]

    @model_validator(mode="after")
    def _once_each(self) -> "ReasonsForm":
        if len({line.code for line in self.reasons}) < len(self.reasons):
            raise ValueError("a code stands there twice")
        return self


class ReasonsAnswer(Answer):
    pause: list[ReasonLine]
    disposition: list[ReasonLine]


class AfterCallRoutes:
    def __init__(
        self,
        notes: SqlNotes,
        reasons: SqlReasons,
        history: CallHistory,
        audit: SqlAudit,
        on_news: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._notes, self._reasons, self._history = notes, reasons, history
        self._audit, self._on_news, self._clock = audit, on_news, clock

    def operations(self) -> list[Operation]:
        call = {"call_id": CALL_ID}
        return [
            Operation(
                name="listNotes",
                method="GET",
                path="/calls/{call_id}/notes",
                path_patterns=call,
                summary="What agents wrote down of a call.",
                access=READS,
                answer=NotesAnswer,
                handler=self.notes,
                tag="calls",
            ),
            Operation(
                name="writeNote",
                method="PUT",
                path="/calls/{call_id}/notes",
                path_patterns=call,
                summary="Write my own note of a call that I had, whole. Repeating it changes nothing.",
                access=WRITES,
                body=NoteForm,
                answer=NoteSaved,
                handler=self.write,
                errors={404: "There is no such call, or it was never yours."},
                tag="calls",
            ),
            Operation(
                name="listReasons",
                method="GET",
                path="/reasons",
                summary="Why agents pause, and what may come of a call.",
                access=LOOKS,
                answer=ReasonsAnswer,
                handler=self.reasons,
                tag="office",
            ),
            Operation(
                name="replaceReasons",
                method="PUT",
                path="/reasons/{kind}",
                path_patterns={"kind": f"(?:{'|'.join(ReasonKind)})"},
                summary="Replace the list of one kind.",
                access=CHANGES,
                body=ReasonsForm,
                answer=ReasonsAnswer,
                handler=self.replace,
                tag="office",
            ),
        ]

    async def notes(self, asked: Asked[Nothing, Nothing]) -> NotesAnswer:
        """404 also for a call that the caller may not see."""
        call_id = CallId(asked.path["call_id"])
        if await self._history.call(call_id, visible_to_caller(asked.who)) is None:
            raise not_found()
        return NotesAnswer(notes=[_told(note) for note in await self._notes.of_call(call_id)])

    async def write(self, asked: Asked[NoteForm, Nothing]) -> NoteSaved:
        form, agent = asked.body, asked.who.agent
        assert agent is not None, "no key may"
        call = CallId(asked.path["call_id"])
        saved = await self._notes.save(
            call, agent.id, form.text, form.disposition, finished=form.finished, at=self._clock()
        )
        if saved is None:
            raise not_found()
        if form.finished:
            self._on_news()
        return NoteSaved(updated_at=saved.updated_at, finished_at=saved.finished_at)

    async def reasons(self, asked: Asked[Nothing, Nothing]) -> ReasonsAnswer:
        return _answer(await self._reasons.all())

    async def replace(self, asked: Asked[ReasonsForm, Nothing]) -> ReasonsAnswer:
        kind = ReasonKind(asked.path["kind"])
        await self._reasons.replace(kind, tuple(Reason(line.code, line.label) for line in asked.body.reasons))
        about = {"reasons": len(asked.body.reasons)}
        await self._audit.append(Entry(self._clock(), asked.who.actor, "reasons.replaced", kind.value, about))
        return _answer(await self._reasons.all())


def _answer(reasons: dict[ReasonKind, tuple[Reason, ...]]) -> ReasonsAnswer:
    lines = {
        kind.value: [ReasonLine(code=reason.code, label=reason.label) for reason in reasons[kind]] for kind in reasons
    }
    return ReasonsAnswer(**lines)


def _told(note: Note) -> NoteTold:
    return NoteTold(
        agent_id=note.agent,
        agent_name=note.agent_name,
        text=note.text,
        disposition=note.disposition,
        updated_at=note.updated_at,
        finished_at=note.finished_at,
    )
