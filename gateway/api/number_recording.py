"""`/api/v1/numbers/{id}/recording`: by which policies a number's calls are recorded."""

from typing import Annotated, Final

from pydantic import Field

from gateway.api.errors import not_found
from gateway.api.number_plans import CHANGES, LOOKS, NUMBER, changed_meanwhile, number_of
from gateway.api.operations import Answer, Asked, Form, Nothing, Operation
from signaling.events import Direction
from signaling.ids import DepartmentId
from signaling.integrator_contract import Moment
from signaling.ports import Clock, NumberStore
from signaling.recording_policy import LONGEST_ANSWER_S, LONGEST_KEPT_DAYS, Agreement, PolicyRule, RecordingPolicy, When
from store.number_plans import ChangedMeanwhile
from store.recording_policies import MOST_RULES, Policies, SqlRecordingPolicies

BOTH: Final = "what the customer says in it, and what they hear"


class RuleForm(Form):
    direction: Annotated[Direction | None, Field(strict=False, description="null: of either.")] = None
    department_id: Annotated[int | None, Field(ge=1, le=2**31 - 1, description="null: of any, or of none.")] = None
    when: Annotated[
        When,
        Field(
            strict=False,
            description="never; always; on_demand: the agent starts and stops it; after_consent: the customer is asked "
            "first, and nothing is kept of who refuses.",
        ),
    ]
    agreement: Annotated[
        Agreement,
        Field(
            strict=False,
            description="after_consent: by key (another key, or none, is a refusal), or by staying after the notice.",
        ),
    ] = Agreement.STAYING
    agree_key: Annotated[str, Field(description="One of 0 to 9, * and #.")] = "1"
    answer_s: Annotated[float, Field(description=f"For the key: 1 to {LONGEST_ANSWER_S:g} s after the question.")] = 8.0
    greeting: Annotated[bool, Field(description=f"Keep also announcements and farewells: {BOTH}.")] = False
    menu: Annotated[bool, Field(description=f"Keep also questions for a key: {BOTH}.")] = False
    queue: Annotated[bool, Field(description=f"Keep also waiting for an agent: {BOTH}.")] = False
    hold: Annotated[bool, Field(description=f"Keep also hold and consultations: {BOTH}.")] = False
    keep_days: Annotated[int | None, Field(description=f"1 to {LONGEST_KEPT_DAYS}; null: for ever.")] = None
    keep_journal: Annotated[bool, Field(description="Keep the packets as they came beside the recording.")] = False


class RulesForm(Form):
    """The whole: what is not there holds no longer."""

    version: Annotated[int, Field(ge=0, description="The one that was read: whoever wrote since is not overwritten.")]
    rules: Annotated[list[RuleForm], Field(max_length=MOST_RULES)]


class RuleTold(Answer):
    direction: Direction | None
    department_id: int | None
    when: When
    agreement: Agreement
    agree_key: str
    answer_s: float
    greeting: bool
    menu: bool
    queue: bool
    hold: bool
    keep_days: int | None
    keep_journal: bool


class RulesTold(Answer):
    """Of the rules that fit a call, one with its department outranks one with its direction, and that one without
    either. No rule fits: the call is not recorded."""

    version: Annotated[int, Field(description="0: nobody has written any.")]
    rules: list[RuleTold]
    readable: Annotated[bool, Field(description="false: some are stored that cannot be read; nothing is recorded.")]
    changed_at: Moment | None
    changed_by: str | None


class RecordingRoutes:
    def __init__(self, policies: SqlRecordingPolicies, numbers: NumberStore, clock: Clock) -> None:
        self._policies, self._numbers, self._clock = policies, numbers, clock

    def operations(self) -> list[Operation]:
        path = "/numbers/{id}/recording"
        return [
            Operation(
                name="getRecordingPolicies",
                method="GET",
                path=path,
                summary="By which policies a number's calls are recorded.",
                access=LOOKS,
                path_patterns=NUMBER,
                answer=RulesTold,
                handler=self.read,
                tag="numbers",
            ),
            Operation(
                name="writeRecordingPolicies",
                method="PUT",
                path=path,
                summary="Write a number's recording policies, whole; they hold from its next call on.",
                access=CHANGES,
                path_patterns=NUMBER,
                body=RulesForm,
                answer=RulesTold,
                handler=self.write,
                errors={
                    404: "There is no such number or department.",
                    409: "Somebody else has written since: `changed_by`, `changed_at`, `version`.",
                },
                tag="numbers",
            ),
        ]

    async def read(self, asked: Asked[Nothing, Nothing]) -> RulesTold:
        number = await number_of(self._numbers, asked.who, asked.path)
        if (policies := await self._policies.read(number.id)) is None:
            raise not_found()
        return _told(policies)

    async def write(self, asked: Asked[RulesForm, Nothing]) -> RulesTold:
        number = (await number_of(self._numbers, asked.who, asked.path)).id
        rules = [_rule(form) for form in asked.body.rules]
        try:
            written = await self._policies.write(number, rules, asked.who.actor, self._clock(), asked.body.version)
        except ChangedMeanwhile as meanwhile:
            raise changed_meanwhile(meanwhile) from None
        await self._numbers.by_id(number)  # what this process remembers of it
        return _told(written)


def _rule(form: RuleForm) -> PolicyRule:
    policy = RecordingPolicy(
        when=form.when,
        agreement=form.agreement,
        agree_key=form.agree_key,
        answer_s=form.answer_s,
        greeting=form.greeting,
        menu=form.menu,
        queue=form.queue,
        hold=form.hold,
        keep_days=form.keep_days,
        keep_journal=form.keep_journal,
    )
    department = None if form.department_id is None else DepartmentId(form.department_id)
    return PolicyRule(policy, form.direction, department)


def _told(policies: Policies) -> RulesTold:
    return RulesTold(
        version=policies.version,
        readable=policies.readable,
        changed_at=policies.changed_at,
        changed_by=policies.changed_by,
        rules=[
            RuleTold(
                direction=rule.direction,
                department_id=rule.department,
                when=rule.policy.when,
                agreement=rule.policy.agreement,
                agree_key=rule.policy.agree_key,
                answer_s=rule.policy.answer_s,
                greeting=rule.policy.greeting,
                menu=rule.policy.menu,
                queue=rule.policy.queue,
                hold=rule.policy.hold,
                keep_days=rule.policy.keep_days,
                keep_journal=rule.policy.keep_journal,
            )
            for rule in policies.value or ()
        ],
    )
