"""The message templates of an account as Meta keeps them: made, reviewed, listed page by page, paused and disabled.

Strict where the reference says so (1.4: name, language, category, the order of components), and where everybody who
uses the Cloud API knows it (statuses, paging, 132015, 132016). Deletion is not in the
reference; public documentation of partners who carry Meta's API on says (Kaleyra and ACL, 2026-11): by name all its
languages go, by name and `hsm_id` one; 100 with the subcode 2593002 says that there is none; a deleted name is not
taken again for 30 days (YCloud, Infobip), refused with the subcode 2388023 (public repositories).
"""

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from gateway.simulator.message_rules import TEMPLATES, Json, Kind, components_of, kind_of_components
from gateway.simulator.refusals import (
    TEMPLATE_BEING_DELETED,
    TEMPLATE_DISABLED,
    TEMPLATE_EXISTS,
    TEMPLATE_NOT_FOUND,
    TEMPLATE_PAUSED,
    Refusal,
    invalid,
    template_unknown,
)

STATUSES: Final = frozenset(
    {"APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED", "IN_APPEAL", "PENDING_DELETION", "FLAGGED"}
)
SENT: Final = frozenset({"APPROVED", "FLAGGED"})
FIELDS: Final = frozenset(
    {"id", "name", "language", "status", "category", "components", "rejected_reason", "quality_score"}
)
USUAL_FIELDS: Final = ("name", "language", "status", "category", "components", "id")
A_PAGE: Final = 25
MOST_A_PAGE: Final = 1_000
BODY_LIMIT_CHARS: Final = 1_024
_NAME: Final = re.compile(r"[a-z0-9_]{1,512}", re.ASCII)
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(_[A-Z]{2,3})?", re.ASCII)
_ORDER: Final = ("HEADER", "BODY", "FOOTER", "CALL_PERMISSION_REQUEST", "BUTTONS")
_VARIABLE: Final = re.compile(r"\{\{.*?\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class HeldTemplate:
    id: str
    name: str
    language: str
    category: str
    kind: Kind
    components: tuple[Json, ...]
    status: str = "APPROVED"
    reason: str = "NONE"

    def shown(self) -> Json:
        return {
            "id": self.id,
            "name": self.name,
            "language": self.language,
            "status": self.status,
            "category": self.category,
            "components": list(self.components),
            "rejected_reason": self.reason,
            "quality_score": {"score": "UNKNOWN"},
        }


class Templates:
    """`review`: the status in which a new one begins; a scenario may keep them PENDING."""

    def __init__(self) -> None:
        self.review = "APPROVED"
        self._deleted: set[tuple[str, str]] = set()  # for 30 days, which is longer than a simulation lives
        self._held: dict[tuple[str, str], HeldTemplate] = {
            key: HeldTemplate(_new_id(), *key, "UTILITY", kind, tuple(components_of(kind)))
            for key, kind in TEMPLATES.items()
        }

    def create(self, body: object) -> Refusal | Json:
        """`POST /{WABA}/message_templates`."""
        read = read_template(body)
        if isinstance(read, Refusal):
            return read
        if (read.name, read.language) in self._held:
            return TEMPLATE_EXISTS
        if (read.name, read.language) in self._deleted:
            return TEMPLATE_BEING_DELETED
        made = replace(read, status=self.review)
        self._held[made.name, made.language] = made
        return {"id": made.id, "status": made.status, "category": made.category}

    def delete(self, query: Mapping[str, str]) -> Refusal | Json:
        """`DELETE /{WABA}/message_templates`: `name`, in all its languages; with `hsm_id` the one of this id."""
        name, id_ = query.get("name"), query.get("hsm_id")
        if not name:
            return invalid("(#100) The parameter name is required.")
        gone = [key for key, held in self._held.items() if held.name == name and id_ in (None, held.id)]
        if not gone:
            return TEMPLATE_NOT_FOUND
        for key in gone:
            if self._held.pop(key).status in SENT:
                self._deleted.add(key)
        return {"success": True}

    def list(self, query: Mapping[str, str]) -> Refusal | Json:
        """`GET /{WABA}/message_templates`, a page of it."""
        fields = [name for name in query.get("fields", ",".join(USUAL_FIELDS)).split(",") if name]
        if unknown := next((name for name in fields if name not in FIELDS), None):
            return invalid(f"(#100) Tried accessing nonexisting field ({unknown})")
        limit, start = _whole(query.get("limit", str(A_PAGE))), _place(query.get("after"))
        if limit is None or not 1 <= limit <= MOST_A_PAGE or start is None:
            return invalid("limit is 1 to 1000, and after a cursor of an earlier page")
        wanted = {name: query[name] for name in ("name", "language", "status", "category") if name in query}
        found = [held.shown() for held in self._held.values()]
        found = [one for one in found if all(one[name] == value for name, value in wanted.items())]
        page = found[start : start + limit]
        shown = [{name: one[name] for name in dict.fromkeys([*fields, "id"])} for one in page]
        if not page:
            return {"data": []}
        end = start + len(page)
        paging: Json = {"cursors": {"before": _cursor(start), "after": _cursor(end)}}
        if end < len(found):
            paging["next"] = f"https://graph.facebook.com/message_templates?after={_cursor(end)}"
        return {"data": shown, "paging": paging}

    def kind_to_send(self, name: str, language: str) -> Kind | Refusal:
        """What a message of this template is, or why Meta does not send it."""
        held = self._held.get((name, language))
        match None if held is None else held.status:
            case "PAUSED":
                return TEMPLATE_PAUSED
            case "DISABLED":
                return TEMPLATE_DISABLED
            case status if held is not None and status in SENT:
                return held.kind
            case _:
                return template_unknown(name, language)

    def decide(self, name: str, language: str, status: str, reason: str) -> bool:
        """Meta decides otherwise; False: there is no such template, or no such status."""
        held = self._held.get((name, language))
        if held is None or status not in STATUSES:
            return False
        self._held[name, language] = replace(held, status=status, reason=reason)
        return True


def read_template(body: object) -> HeldTemplate | Refusal:
    """What somebody hands in: name, language, category, and components in Meta's order."""
    match body:
        case {
            "name": str(name),
            "language": str(language),
            "category": "MARKETING" | "UTILITY" as category,
            "components": [*components],
        } if _NAME.fullmatch(name) and _LANGUAGE.fullmatch(language):
            pass
        case _:
            return invalid("A template has name, language, category MARKETING or UTILITY, and components")
    given: list[Json] = [one for one in components if isinstance(one, dict)]
    kinds = [str(one.get("type", "")).upper() for one in given]
    if len(given) < len(components) or any(kind not in _ORDER for kind in kinds):
        return invalid("A component has a type: HEADER, BODY, FOOTER, call_permission_request or BUTTONS")
    if [kind for kind in _ORDER if kind in kinds] != kinds:
        return invalid("Components come once each: HEADER, BODY, FOOTER, and then call_permission_request")
    if "BODY" not in kinds:
        return invalid("A template needs a BODY")
    text = given[kinds.index("BODY")].get("text")
    if not isinstance(text, str) or not 0 < len(text) <= BODY_LIMIT_CHARS:
        return invalid("The text of a BODY has 1 to 1024 characters")
    if _VARIABLE.search(text) and "example" not in given[kinds.index("BODY")]:
        return invalid("A BODY with variables needs an example")
    return HeldTemplate(_new_id(), name, language, category, kind_of_components(given), tuple(given))


def _new_id() -> str:
    return str(secrets.randbits(50))


def _whole(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _cursor(place: int) -> str:
    return base64.urlsafe_b64encode(str(place).encode()).decode()


def _place(cursor: str | None) -> int | None:
    """Of the first template after a cursor; None: it is none."""
    if cursor is None:
        return 0
    try:
        return _whole(base64.urlsafe_b64decode(cursor.encode()).decode())
    except (binascii.Error, ValueError):
        return None
