"""What `/api/v1/numbers/{id}/settings` takes and answers."""

from dataclasses import asdict
from typing import Annotated, Final

from pydantic import Field

from gateway.api.number_alerts import AlertTold
from gateway.api.operations import Answer, Form
from signaling.call import SETTABLE_RULES, Rules
from signaling.events import AccountWarning
from signaling.ids import AgentId, DepartmentId
from signaling.integrator_contract import Moment
from signaling.meta_rules import META_RULES, Limits
from signaling.number_check import Finding
from signaling.number_facts import Looked
from signaling.number_form import LABEL_LIMIT_CHARS, SLUG_LIMIT_CHARS, NumberForm
from signaling.ports import Operators, Template
from signaling.readiness import State
from signaling.settings_at_meta import Icon, MirrorState, SettingsAtMeta, Wanted, words_of

LimitValue = int | list[str]
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]
MOST_OPERATORS: Final = 500
Country = Annotated[str, Field(min_length=1, max_length=8)]


class TemplateForm(Form):
    name: Annotated[str, Field(max_length=512)]
    language: Annotated[str, Field(max_length=16, description="The one that it was made with, such as `pt_BR`.")]


class WantedForm(Form):
    """null: Meta's own is left alone."""

    calling: bool | None = None
    icon: Annotated[
        Icon | None,
        Field(strict=False, description="The call button in chats. Hidden, links and buttons still lead to a call."),
    ] = None
    callback: Annotated[bool | None, Field(description="Who calls is asked whether they may be called back.")] = None
    countries: Annotated[
        list[Country] | None,
        Field(max_length=300, description="Whose users see the button, two letters each; []: everybody's."),
    ] = None


class OperatorsForm(Form):
    """Who works with a number: whom its calls ring where its plan names nobody else, and who may call customers with
    it; each as far as their own grants go. At least one of both."""

    department_ids: Annotated[list[Id], Field(max_length=MOST_OPERATORS)]
    agent_ids: Annotated[list[Id], Field(max_length=MOST_OPERATORS, description="Single users.")]


class SettingsForm(Form):
    """The whole. Limits and rules that are not there are the usual ones."""

    version: Annotated[int, Field(ge=0, description="The one that was read: whoever wrote since is not overwritten.")]
    label: Annotated[str, Field(max_length=LABEL_LIMIT_CHARS, description="What agents see.")]
    slug: Annotated[
        str, Field(max_length=SLUG_LIMIT_CHARS, description="What reports, exports and events name the number by.")
    ]
    department_id: Annotated[Id | None, Field(description="For whom its calls ring.")]
    operators: Annotated[OperatorsForm | None, Field(description="null: the people of its department.")] = None
    inbound: Annotated[bool, Field(description="false: calls of customers are rejected at once.")]
    outbound: Annotated[bool, Field(description="true: agents may call customers.")]
    limits: Annotated[dict[str, LimitValue], Field(max_length=100, description="What Meta allows this number.")]
    rules: Annotated[dict[str, float], Field(max_length=100, description="Seconds.")]
    template: Annotated[TemplateForm | None, Field(description="Asks customers for permission to call.")] = None
    at_meta: WantedForm = WantedForm()


class TokenForm(Form):
    token: Annotated[str | None, Field(min_length=1, max_length=1_024, description="null: RAMAL_META_TOKEN.")]


class CandidateForm(Form):
    """A number that is about to be added."""

    phone_number_id: Annotated[str, Field(max_length=64, description="Meta's id of the number.")]
    waba_id: Annotated[str, Field(max_length=64, description="Id of its WhatsApp Business Account.")]
    phone: Annotated[str, Field(max_length=64, description="Such as +55 11 95555-0101.")]
    label: Annotated[str, Field(max_length=LABEL_LIMIT_CHARS)]
    slug: Annotated[str, Field(max_length=SLUG_LIMIT_CHARS, description="Empty: made of the name.")] = ""
    department_id: Id | None = None
    token: Annotated[str | None, Field(min_length=1, max_length=1_024, description="null: RAMAL_META_TOKEN.")] = None


class AddForm(CandidateForm):
    inbound: bool = True
    outbound: bool = False
    unchecked: Annotated[bool, Field(description="Add it although Meta could not be asked.")] = False


class FindingTold(Answer):
    """`why` belongs to `code`. `field`: of the form, where it can be mended. `stops`: it cannot be added like this."""

    code: str
    state: State
    why: str | None
    field: str | None
    stops: bool
    said: Annotated[str, Field(description="A word, a name or a code of Meta's to it.")]


class FindingsAnswer(Answer):
    findings: list[FindingTold]


class LimitTold(Answer):
    name: str
    value: LimitValue
    metas: Annotated[LimitValue, Field(description="What Meta allows a number as a rule.")]
    unit: str
    since: Annotated[str | None, Field(description="The day since which Meta's rule holds.")]
    source: Annotated[str, Field(description="The section of the reference to Meta's rules.")]


class RuleTold(Answer):
    name: str
    value: float
    usual: float
    least: float
    most: float


class TemplateTold(Answer):
    name: str
    language: str


class WantedTold(Answer):
    calling: bool | None
    icon: Icon | None
    callback: bool | None
    countries: list[str] | None


class PlaceTold(Answer):
    """One setting at Meta. `ours` null: left as Meta has it. `metas` null: not known."""

    place: str
    ours: str | None
    metas: str | None
    differs: bool
    failure: Annotated[str | None, Field(description="Why Meta did not take ours; it is tried again.")]
    said: Annotated[str, Field(description="Meta's own words to it.")]


class MirrorTold(Answer):
    """`at` null: Meta was never asked."""

    state: MirrorState
    at: Moment | None
    failure: Annotated[str | None, Field(description="Why Meta could not be asked or told; it is tried again.")]
    places: list[PlaceTold]


class HealthErrorTold(Answer):
    code: int
    said: str
    solution: str


class HealthTold(Answer):
    entity: str
    can_send: str
    errors: list[HealthErrorTold]


class RestrictionTold(Answer):
    kind: str
    until: Moment | None


class LiveTold(Answer):
    """What Meta said when it was last asked; null: not known."""

    at: Moment | None
    failure: str | None
    calling: bool | None
    sip: bool | None
    coexistence: bool | None
    verified_name: str
    quality: str
    tier: Annotated[str, Field(description="Meta's word for how many customers the number may write to in 24 h.")]
    messaging_limit: int | None
    can_send: str
    health: list[HealthTold]
    restrictions: list[RestrictionTold]


class WarningTold(Answer):
    at: Moment
    kind: AccountWarning
    type: str
    until: Moment | None


class ReachTold(Answer):
    """Users who may sign in and work with the number."""

    take: int
    call: int
    free: int


class OperatorsTold(Answer):
    department_ids: list[int]
    agent_ids: list[int]


class SettingsAnswer(Answer):
    id: int
    version: int
    changed_at: Moment | None
    changed_by: str | None
    phone_number_id: str
    waba_id: str
    phone: str
    country: str | None
    disabled_at: Moment | None
    own_token: Annotated[bool, Field(description="false: RAMAL_META_TOKEN.")]
    label: str
    slug: str
    department_id: int | None
    operators: Annotated[OperatorsTold | None, Field(description="null: the people of its department.")]
    inbound: bool
    outbound: bool
    limits: list[LimitTold]
    rules: list[RuleTold]
    template: TemplateTold | None
    wanted: WantedTold
    at_meta: MirrorTold
    live: LiveTold
    warnings: Annotated[list[WarningTold], Field(description="Newest first.")]
    alerts: Annotated[list[AlertTold], Field(description="What is open, the gravest first.")]
    people: ReachTold | None


class AddedAnswer(Answer):
    id: int
    phone_number_id: str
    label: str
    slug: str


def form_of(body: SettingsForm) -> tuple[NumberForm, list[tuple[str, str]]]:
    """The form, and what of it cannot even be read: fields and codes."""
    limits, wrong_limits = _limits(body.limits)
    rules, wrong_rules = _rules(body.rules)
    wanted = body.at_meta
    countries = None if wanted.countries is None else tuple(sorted({code.upper() for code in wanted.countries}))
    form = NumberForm(
        label=body.label.strip(),
        slug=body.slug.strip(),
        department=None if body.department_id is None else DepartmentId(body.department_id),
        inbound=body.inbound,
        outbound=body.outbound,
        limits=limits,
        rules=rules,
        template=None if body.template is None else Template(body.template.name, body.template.language),
        wanted=Wanted(wanted.calling, wanted.icon, wanted.callback, countries),
        operators=_operators(body.operators),
    )
    return form, [*wrong_limits, *wrong_rules]


def _operators(given: OperatorsForm | None) -> Operators | None:
    if given is None:
        return None
    return Operators(frozenset(map(DepartmentId, given.department_ids)), frozenset(map(AgentId, given.agent_ids)))


def operators_told(operators: Operators | None) -> OperatorsTold | None:
    if operators is None:
        return None
    return OperatorsTold(department_ids=sorted(operators.departments), agent_ids=sorted(operators.agents))


def _limits(given: dict[str, LimitValue]) -> tuple[Limits, list[tuple[str, str]]]:
    values: dict[str, int | tuple[str, ...]] = {}
    wrong: list[tuple[str, str]] = []
    for name, value in given.items():
        rule = META_RULES.get(name)
        if rule is None:
            wrong.append((f"limits.{name[:64]}", "unknown_field"))
        elif isinstance(value, list) is not isinstance(rule.default, tuple):
            wrong.append((f"limits.{name}", "wrong_type"))
        else:
            values[name] = tuple(sorted({code.upper() for code in value})) if isinstance(value, list) else value
            if values[name] == _sorted(rule.default):
                values[name] = rule.default
    return Limits(**values), wrong  # type: ignore[arg-type]


def _sorted(value: int | tuple[str, ...]) -> int | tuple[str, ...]:
    return tuple(sorted(value)) if isinstance(value, tuple) else value


def _rules(given: dict[str, float]) -> tuple[Rules, list[tuple[str, str]]]:
    wrong = [(f"rules.{name[:64]}", "unknown_field") for name in given if name not in SETTABLE_RULES]
    return Rules(**{name: value for name, value in given.items() if name in SETTABLE_RULES}), wrong


def findings_told(findings: list[Finding]) -> FindingsAnswer:
    return FindingsAnswer(findings=[FindingTold(**asdict(finding)) for finding in findings])


def limits_told(limits: Limits) -> list[LimitTold]:
    return [
        LimitTold(
            name=name,
            value=_listed(getattr(limits, name)),
            metas=_listed(rule.default),
            unit=rule.unit,
            since=None if rule.since is None else rule.since.isoformat(),
            source=rule.source,
        )
        for name, rule in META_RULES.items()
    ]


def _listed(value: int | tuple[str, ...]) -> LimitValue:
    return list(value) if isinstance(value, tuple) else value


def rules_told(rules: Rules) -> list[RuleTold]:
    return [
        RuleTold(name=name, value=getattr(rules, name), usual=getattr(Rules(), name), least=least, most=most)
        for name, (least, most) in SETTABLE_RULES.items()
    ]


def wanted_told(wanted: Wanted) -> WantedTold:
    countries = None if wanted.countries is None else list(wanted.countries)
    return WantedTold(calling=wanted.calling, icon=wanted.icon, callback=wanted.callback, countries=countries)


def mirror_told(wanted: Wanted, at_meta: SettingsAtMeta | None, live: Looked) -> MirrorTold:
    """What the keeper found; what Meta said meanwhile is newer, and counts where nothing is to be written."""
    ours = words_of(wanted)
    known = {} if live.at_meta is None else dict(live.at_meta.places)
    seen = {place.place: place for place in (() if at_meta is None else at_meta.places)}
    newer = at_meta is None or (live.at is not None and live.at > at_meta.at)
    places = []
    for name in ("calling", "icon", "callback", "countries"):
        place = seen.get(name)
        metas = known.get(name) if newer or place is None else place.metas
        mine = ours.get(name)
        places.append(
            PlaceTold(
                place=name,
                ours=mine,
                metas=metas,
                differs=mine is not None and metas is not None and mine != metas,
                failure=None if place is None else place.failure,
                said="" if place is None else place.said,
            )
        )
    state = at_meta.state if at_meta is not None else MirrorState.LEFT_ALONE if not ours else MirrorState.WAITING
    if state is MirrorState.SAME and any(place.differs for place in places):
        state = MirrorState.DIFFERENT
    return MirrorTold(
        state=state,
        at=live.at if newer else None if at_meta is None else at_meta.at,
        failure=live.failure if at_meta is None else at_meta.failure,
        places=places,
    )


def live_told(looked: Looked) -> LiveTold:
    known = looked.at_meta
    return LiveTold(
        at=looked.at,
        failure=looked.failure,
        calling=None if known is None else known.calling_enabled,
        sip=None if known is None else known.sip,
        coexistence=None if known is None else known.coexistence,
        verified_name="" if known is None else known.verified_name,
        quality="" if known is None else known.quality,
        tier="" if known is None else known.tier,
        messaging_limit=None if known is None else known.messaging_limit,
        can_send="" if known is None else known.can_send,
        health=[]
        if known is None
        else [
            HealthTold(
                entity=each.entity,
                can_send=each.can_send,
                errors=[HealthErrorTold(code=e.code, said=e.said, solution=e.solution) for e in each.errors],
            )
            for each in known.health
        ],
        restrictions=[]
        if known is None
        else [RestrictionTold(kind=each.kind, until=each.until) for each in known.restrictions],
    )
