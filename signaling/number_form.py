"""What an administrator writes of a number, and what is wrong with it. Pure."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from signaling.call import SETTABLE_RULES, Rules
from signaling.ids import DepartmentId
from signaling.meta_rules import META_RULES, Limits
from signaling.ports import Operators, Template
from signaling.settings_at_meta import LEFT_ALONE, MOST_COUNTRIES, Wanted

LABEL_LIMIT_CHARS: Final = 120
SLUG_LIMIT_CHARS: Final = 64
MOST_OF_A_LIMIT: Final = 999_999_999
_SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_TEMPLATE: Final = re.compile(r"[a-z0-9_]{1,512}", re.ASCII)
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class NumberForm:
    """All of a number that is written as a whole. `slug`: what reports, exports and events name it by."""

    label: str
    slug: str
    department: DepartmentId | None
    inbound: bool
    outbound: bool
    limits: Limits = Limits()
    rules: Rules = Rules()
    template: Template | None = None
    wanted: Wanted = LEFT_ALONE
    operators: Operators | None = None  # None: the department


@dataclass(frozen=True, slots=True)
class FormProblem:
    """`field` is that of the form: `label`, `limits.concurrent_inbound`, `at_meta.calling`; `code` a word that pages
    translate."""

    field: str
    code: str


def problems_of(form: NumberForm) -> list[FormProblem]:
    """What is wrong with the form by itself; what others have (a name that is taken) the store finds out."""
    return [
        *_names(form),
        *_operators(form.operators),
        *_template(form.template),
        *_limits(form.limits),
        *_rules(form.rules),
        *_wanted(form.wanted),
    ]


def is_slug(text: str) -> bool:
    return len(text) <= SLUG_LIMIT_CHARS and _SLUG.fullmatch(text) is not None


def slug_of(label: str) -> str:
    """An internal id made of a name: `Vendas São Paulo` → `vendas-sao-paulo`. One that can be used, whatever it is."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:48].strip("-") or "number"


def changed_fields(before: NumberForm, after: NumberForm) -> list[str]:
    """Which parts differ, for the audit."""
    names = ("label", "slug", "department", "inbound", "outbound", "limits", "rules", "template", "operators")
    changed = [name for name in names if getattr(before, name) != getattr(after, name)]
    wanted = ("calling", "icon", "callback", "countries")
    return changed + [f"at_meta.{n}" for n in wanted if getattr(before.wanted, n) != getattr(after.wanted, n)]


def _names(form: NumberForm) -> Iterator[FormProblem]:
    if not form.label.strip():
        yield FormProblem("label", "missing")
    elif len(form.label) > LABEL_LIMIT_CHARS or not form.label.isprintable():
        yield FormProblem("label", "bad_name")
    if not form.slug:
        yield FormProblem("slug", "missing")
    elif not is_slug(form.slug):
        yield FormProblem("slug", "bad_slug")


def _operators(operators: Operators | None) -> Iterator[FormProblem]:
    if operators is not None and not operators.departments and not operators.agents:
        yield FormProblem("operators", "nobody")


def _template(template: Template | None) -> Iterator[FormProblem]:
    if template is not None:
        if _TEMPLATE.fullmatch(template.name) is None:
            yield FormProblem("template.name", "bad_template")
        if _LANGUAGE.fullmatch(template.language) is None:
            yield FormProblem("template.language", "bad_language")


def _limits(limits: Limits) -> Iterator[FormProblem]:
    for name in META_RULES:
        value = getattr(limits, name)
        if isinstance(value, tuple):
            if len(value) > MOST_COUNTRIES or not all(_COUNTRY.fullmatch(country) for country in value):
                yield FormProblem(f"limits.{name}", "bad_country")
        elif not 0 <= value <= MOST_OF_A_LIMIT:
            yield FormProblem(f"limits.{name}", "out_of_range")


def _rules(rules: Rules) -> Iterator[FormProblem]:
    for name, (least, most) in SETTABLE_RULES.items():
        if not least <= getattr(rules, name) <= most:
            yield FormProblem(f"rules.{name}", "out_of_range")


def _wanted(wanted: Wanted) -> Iterator[FormProblem]:
    countries = wanted.countries or ()
    if len(countries) > MOST_COUNTRIES or not all(_COUNTRY.fullmatch(country) for country in countries):
        yield FormProblem("at_meta.countries", "bad_country")
