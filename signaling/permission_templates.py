"""How a number asks its customers whether it may call them: by which words inside the service window, and by which
template of Meta's outside it. Pure (reference 1.4).

Templates are an account's, reviewed by Meta, and each was made in one language. What Meta thinks of them is mirrored
here; what is not known stands in nobody's way: Meta will judge when the request is sent.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

TEXT_LIMIT_CHARS: Final = 1_024
MOST_CHOSEN: Final = 20
MOST_KNOWN: Final = 200
_NAME: Final = re.compile(r"[a-z0-9_]{1,512}", re.ASCII)
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Template:
    """A message template at Meta. `language` is the one it was made with, such as `pt_BR` (else error 132001)."""

    name: str
    language: str


@dataclass(frozen=True, slots=True)
class Asking:
    """`text`: what a free-form request says, where whoever asks says nothing else; "": only WhatsApp's own words.
    `others`: templates beside the number's usual one, each in another language."""

    text: str = ""
    others: tuple[Template, ...] = ()


NO_ASKING: Final = Asking()


@dataclass(frozen=True, slots=True)
class KnownTemplate:
    """A template as Meta has it. `status`: Meta's word. `reason`: why it was rejected, in Meta's word."""

    name: str
    language: str
    status: str
    category: str | None = None
    text: str = ""
    reason: str | None = None

    @property
    def template(self) -> Template:
        return Template(self.name, self.language)


@dataclass(frozen=True, slots=True)
class TemplatesAtMeta:
    """Those of the account that ask for permission. `at`: when Meta was last asked; `failure`: why it did not answer
    then. `answered_at`: when it last did; None: never, and nothing is known."""

    at: datetime
    failure: str | None = None
    answered_at: datetime | None = None
    known: tuple[KnownTemplate, ...] = ()


class Use(StrEnum):
    """Whether a template can be sent."""

    FINE = "fine"
    WAITING = "waiting"  # for Meta's review
    REJECTED = "rejected"
    PAUSED = "paused"  # customers complained; Meta lets it go again after some hours
    DISABLED = "disabled"  # for good
    GONE = "gone"  # Meta does not have it, in this language
    UNKNOWN = "unknown"


_USES: Final[Mapping[str, Use]] = {
    "APPROVED": Use.FINE,
    "FLAGGED": Use.FINE,
    "PENDING": Use.WAITING,
    "IN_APPEAL": Use.WAITING,
    "REJECTED": Use.REJECTED,
    "PAUSED": Use.PAUSED,
    "DISABLED": Use.DISABLED,
    "LIMIT_EXCEEDED": Use.DISABLED,
    "PENDING_DELETION": Use.GONE,
    "DELETED": Use.GONE,
}

CAN_BE_SENT: Final = frozenset({Use.FINE, Use.UNKNOWN})

_SPOKEN: Final[Mapping[str, str]] = {
    "pt": "AO BR CV GW MZ PT ST TL",
    "es": "AR BO CL CO CR CU DO EC ES GQ GT HN MX NI PA PE PR PY SV UY VE",
    "en": "AU CA GB IE NZ US ZA",
}
"""Where most people read which language, for the languages of our pages."""


def spoken_in(country: str | None) -> str | None:
    """Which language of our pages most people of the country read, as two letters."""
    return next((language for language, countries in _SPOKEN.items() if country in countries.split()), None)


def use_of_status(status: str) -> Use:
    """A word of Meta's that nobody knows keeps nobody from trying."""
    return _USES.get(status.upper(), Use.UNKNOWN)


def use_of(template: Template, at_meta: TemplatesAtMeta | None) -> Use:
    if at_meta is None or at_meta.answered_at is None:
        return Use.UNKNOWN
    known = next((one for one in at_meta.known if one.template == template), None)
    return Use.GONE if known is None else use_of_status(known.status)


def chosen_for(templates: Sequence[Template], at_meta: TemplatesAtMeta | None, country: str | None) -> Template | None:
    """The template to send to a customer whose number is of this country: of those that can be sent, the one in the
    country's own language, else the first."""
    usable = [template for template in templates if use_of(template, at_meta) in CAN_BE_SENT]
    return max(usable, key=lambda template: _fits(template.language, country), default=None)


def beside(usual: Template | None, others: Sequence[Template]) -> tuple[Template, ...]:
    """All that a number may send: its usual one first, and of each language one."""
    if usual is None:
        return ()
    return (usual, *(other for other in others if other.language != usual.language))


def problems_of(
    text: str, templates: Sequence[Template], before: Sequence[Template], at_meta: TemplatesAtMeta | None
) -> Iterator[tuple[str, str]]:
    """Fields and codes. What was chosen before may stay, whatever Meta thinks of it now."""
    if len(text) > TEXT_LIMIT_CHARS:
        yield "text", "too_long"
    if len(templates) > MOST_CHOSEN:
        yield "templates", "too_many"
    languages: set[str] = set()
    for index, template in enumerate(templates[:MOST_CHOSEN]):
        place = f"templates.{index}"
        if _NAME.fullmatch(template.name) is None:
            yield f"{place}.name", "bad_template"
        elif _LANGUAGE.fullmatch(template.language) is None:
            yield f"{place}.language", "bad_language"
        elif template.language in languages:
            yield f"{place}.language", "twice"
        elif template not in before and (use := use_of(template, at_meta)) in (Use.GONE, Use.REJECTED, Use.DISABLED):
            yield place, use.value
        languages.add(template.language)


def _fits(language: str, country: str | None) -> int:
    spoken, _, territory = language.partition("_")
    if country is None:
        return 0
    return 2 * (territory == country) + (country in _SPOKEN.get(spoken, "").split())
