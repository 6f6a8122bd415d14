"""Uploaded sounds: their names, and which plans need them. The sounds themselves are files (`gateway.media`)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import Session, col, select

from signaling.plan import Plan, PromptId, prompts_of
from store.audit import Entry, write
from store.database import Database
from store.models import NumberRow, UserRow
from store.number_plans import USER
from store.prompt_models import PromptRow
from store.refusal import Refusal, Why, plain_name

MOST_PROMPTS: Final = 500


@dataclass(frozen=True, slots=True)
class Upload:
    """`created_by`: a user's name, or the actor as the audit has it. `used_by`: labels of numbers."""

    id: PromptId
    name: str
    duration_ms: int
    created_at: datetime
    created_by: str
    used_by: tuple[str, ...] = ()


class InUse(Exception):
    """A plan plays it: nothing was deleted. `numbers`: their labels."""

    def __init__(self, numbers: tuple[str, ...]) -> None:
        super().__init__("in use")
        self.numbers = numbers


@dataclass(frozen=True)
class SqlPrompts:
    """Every method may raise NeighbourError."""

    database: Database

    async def all(self) -> list[Upload]:
        """By name."""

        def work(session: Session) -> list[Upload]:
            users = _users_of_prompts(session)
            rows = session.exec(select(PromptRow).order_by(col(PromptRow.name), col(PromptRow.id)))
            return [_upload(session, row, users.get(PromptId(row.id), ())) for row in rows]

        return await self.database.read(work)

    async def names(self) -> frozenset[PromptId]:
        query = select(PromptRow.id)
        return await self.database.read(lambda session: frozenset(map(PromptId, session.exec(query))))

    async def add(self, prompt: PromptId, name: str, duration_ms: int, actor: str, at: datetime) -> Upload:
        """Raises Refusal: a bad name, one that is taken, or too many sounds."""
        name = plain_name("name", name)

        def work(session: Session) -> Upload:
            names = session.exec(select(PromptRow.name)).all()
            if name in names:
                raise Refusal(Why.EXISTS, "name", "There is a sound of this name already.")
            if len(names) >= MOST_PROMPTS:
                raise Refusal(Why.INVALID, "name", f"At most {MOST_PROMPTS} sounds are kept; delete some first.")
            row = PromptRow(id=prompt, name=name, duration_ms=duration_ms, created_at=at, created_by=actor)
            session.add(row)
            session.flush()
            write(session, Entry(at, actor, "prompt.uploaded", f"prompt:{prompt}", {"duration_ms": duration_ms}))
            return _upload(session, row, ())

        return await self.database.run(work, races=True)

    async def rename(self, prompt: PromptId, name: str, actor: str, at: datetime) -> Upload | None:
        """None: there is none. Raises Refusal: a bad name, or one that is taken."""
        name = plain_name("name", name)

        def work(session: Session) -> Upload | None:
            row = session.get(PromptRow, prompt, with_for_update=True)
            if row is None:
                return None
            others = select(PromptRow.id).where(col(PromptRow.name) == name, col(PromptRow.id) != prompt)
            if session.exec(others).first() is not None:
                raise Refusal(Why.EXISTS, "name", "There is a sound of this name already.")
            row.name = name
            write(session, Entry(at, actor, "prompt.renamed", f"prompt:{prompt}"))
            return _upload(session, row, _users_of_prompts(session).get(prompt, ()))

        return await self.database.run(work, races=True)

    async def remove(self, prompt: PromptId, actor: str, at: datetime) -> bool:
        """False: there is none. Raises InUse."""

        def work(session: Session) -> bool:
            row = session.get(PromptRow, prompt, with_for_update=True)  # a plan that is just being saved comes first
            if row is None:
                return False
            if users := _users_of_prompts(session).get(prompt):
                raise InUse(users)
            session.delete(row)
            write(session, Entry(at, actor, "prompt.deleted", f"prompt:{prompt}"))
            return True

        return await self.database.run(work, races=True)


def _users_of_prompts(session: Session) -> dict[PromptId, tuple[str, ...]]:
    found: dict[PromptId, tuple[str, ...]] = {}
    for row in session.exec(select(NumberRow).order_by(col(NumberRow.id))):
        for prompt in prompts_of(row.plan) if isinstance(row.plan, Plan) else ():
            found[prompt] = (*found.get(prompt, ()), row.label)
    return found


def _upload(session: Session, row: PromptRow, used_by: tuple[str, ...]) -> Upload:
    by = row.created_by
    user = session.get(UserRow, int(by.removeprefix(USER))) if by.startswith(USER) else None
    return Upload(
        PromptId(row.id), row.name, row.duration_ms, row.created_at, by if user is None else user.name, used_by
    )
