"""`ramal number record …`: by which policies a number's calls are recorded. `ramal number meta-record …`: whether Meta
itself records or transcribes them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

import typer

from gateway.cli_admin import Stores, in_words_run, number_of, numbers_app, stop_with
from gateway.clock import utc_now
from signaling.events import Direction
from signaling.ids import DepartmentId
from signaling.recording_policy import Agreement, PolicyRule, RecordingPolicy, When
from store.meta_files import Capture, SqlMetaFiles
from store.number_plans import ChangedMeanwhile
from store.recording_policies import Policies, SqlRecordingPolicies
from store.refusal import Refusal, Why

SHELL = "shell"
PARTS = ("greeting", "menu", "queue", "hold")


def add_recording_commands() -> None:
    """Mount everything of this module on `ramal number`."""
    numbers_app.command("record")(set_policy)
    numbers_app.command("meta-record")(set_meta_capture)


def set_policy(
    phone_number_id: Annotated[str, typer.Argument(help="Meta's id of the number.")],
    when: Annotated[When | None, typer.Argument(help="Without it all policies are shown.")] = None,
    direction: Annotated[Direction | None, typer.Option(help="Only calls of this direction.")] = None,
    department: Annotated[str | None, typer.Option(help="Only calls of this department.")] = None,
    agreement: Annotated[Agreement | None, typer.Option(help="How a customer agrees, for after_consent.")] = None,
    agree_key: Annotated[str | None, typer.Option(help="The key to agree with.")] = None,
    answer_s: Annotated[float | None, typer.Option(help="Seconds to press it, after the question.")] = None,
    greeting: Annotated[bool | None, typer.Option(help="Keep announcements, and what is said in them.")] = None,
    menu: Annotated[bool | None, typer.Option(help="Keep questions for a key, and what is said in them.")] = None,
    queue: Annotated[bool | None, typer.Option(help="Keep waiting for an agent, and what is said in it.")] = None,
    hold: Annotated[bool | None, typer.Option(help="Keep hold, and what is said in it.")] = None,
    keep_days: Annotated[int | None, typer.Option(help="Days that recordings are kept; 0: for ever.")] = None,
    keep_journal: Annotated[bool | None, typer.Option(help="Keep the packets beside the recording.")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take the policy for this direction and department away.")] = (
        False
    ),
    version: Annotated[int | None, typer.Option(help="Only if this version, which was shown, still holds.")] = None,
) -> None:
    """Show by which policies a number's calls are recorded, or set one: for all its calls, or those of a direction or a
    department. What is not named stays as it is. It holds from the number's next call on."""
    options = {
        "agreement": agreement,
        "agree_key": agree_key,
        "answer_s": answer_s,
        "greeting": greeting,
        "menu": menu,
        "queue": queue,
        "hold": hold,
        "keep_days": keep_days,
        "keep_journal": keep_journal,
    }
    given = {name: value for name, value in options.items() if value is not None}
    if clear and (when is not None or given):
        stop_with("Give a policy, or --clear.")
    if when is None and given:
        stop_with("Say when calls are recorded: never, always, on_demand or after_consent.")

    async def work(stores: Stores) -> tuple[Policies, Mapping[DepartmentId, str]]:
        number = await number_of(stores, phone_number_id)
        names = {place.id: place.name for place in await stores.departments.all()}
        place = None if department is None else _place_named(names, department)
        policies = SqlRecordingPolicies(stores.numbers.database)
        found = await policies.read(number.id)
        assert found is not None, "it was there a moment ago, and numbers stay"
        if version is not None and found.version != version:
            raise Refusal(Why.EXISTS, "version", _written_meanwhile(found))
        if when is not None or clear:
            wanted = _changed(found.value or (), PolicyRule(RecordingPolicy(), direction, place), when, given)
            try:
                found = await policies.write(number.id, wanted, SHELL, utc_now(), found.version)
            except ChangedMeanwhile as meanwhile:
                raise Refusal(Why.EXISTS, "version", _written_meanwhile(meanwhile.now)) from None
        return found, names

    policies, names = in_words_run(work)
    for rule in policies.value or ():
        typer.echo(_line(rule, names))
    if not policies.value:
        unread = "There are policies, but this version cannot read them. " if not policies.readable else ""
        typer.echo(f"{unread}Nothing is recorded.")
    typer.echo(f"Version {policies.version}.", err=True)


def set_meta_capture(
    phone_number_id: Annotated[str, typer.Argument(help="Meta's id of the number.")],
    recording: Annotated[bool, typer.Option("--recording", help="Meta records each call.")] = False,
    transcription: Annotated[bool, typer.Option("--transcription", help="Meta transcribes each call.")] = False,
    purpose: Annotated[str, typer.Option(help="What for: both sides hear it, up to 250 characters.")] = "",
    language: Annotated[str, typer.Option(help="In which Meta announces it: pt, es, en …")] = "pt",
    clear: Annotated[bool, typer.Option("--clear", help="Meta keeps nothing of calls.")] = False,
) -> None:
    """Have Meta itself record or transcribe a number's calls: Meta announces it to both sides, and what it made is
    fetched and kept beside ours. Without options it is shown. It holds from the number's next call on."""
    given = recording or transcription or bool(purpose)
    if clear and given:
        stop_with("Give what Meta is to keep, or --clear.")

    async def work(stores: Stores) -> Capture | None:
        number = await number_of(stores, phone_number_id)
        store = SqlMetaFiles(stores.numbers.database)
        if given or clear:
            wanted = None if clear else Capture(recording, transcription, purpose.strip(), language)
            await store.set_capture(number.phone_number_id, wanted, SHELL, utc_now())
        return await store.capture(number.phone_number_id)

    kept = in_words_run(work)
    if kept is None:
        typer.echo("Meta keeps nothing.")
        return
    kinds = [word for word, on in (("recording", kept.recording), ("transcription", kept.transcription)) if on]
    typer.echo("\t".join((" and ".join(kinds), kept.language, kept.purpose)))


def _written_meanwhile(now: Policies) -> str:
    at = "" if now.changed_at is None else f" at {now.changed_at:%Y-%m-%d %H:%M} UTC"
    return f"{now.changed_by or 'Somebody'} has written{at} (version {now.version}); look again, then decide."


def _changed(
    rules: tuple[PolicyRule, ...], about: PolicyRule, when: When | None, given: Mapping[str, Any]
) -> list[PolicyRule]:
    """`when` None: without the rule for what `about` names."""
    is_it = [(rule.direction, rule.department) == (about.direction, about.department) for rule in rules]
    others = [rule for rule, it in zip(rules, is_it, strict=True) if not it]
    if when is None:
        return others
    before = next((rule.policy for rule, it in zip(rules, is_it, strict=True) if it), about.policy)
    changes = {**given, "when": when}
    if changes.get("keep_days") == 0:
        changes["keep_days"] = None
    return [*others, replace(about, policy=replace(before, **changes))]


def _place_named(names: Mapping[DepartmentId, str], name: str) -> DepartmentId:
    for place, known in names.items():
        if known == name.strip():
            return place
    raise Refusal(Why.UNKNOWN, "department", "There is no such department.")


def _line(rule: PolicyRule, names: Mapping[DepartmentId, str]) -> str:
    policy = rule.policy
    place = "all departments" if rule.department is None else names.get(rule.department, str(rule.department))
    words = [policy.when.value]
    if policy.when is When.AFTER_CONSENT:
        by_key = policy.agreement is Agreement.KEY
        words.append(f"by key {policy.agree_key} within {policy.answer_s:g} s" if by_key else "by staying")
    words += [part for part in PARTS if getattr(policy, part)]
    words.append("kept for ever" if policy.keep_days is None else f"kept {policy.keep_days} days")
    words += ["journal kept"] if policy.keep_journal else []
    direction = "both directions" if rule.direction is None else rule.direction.value
    return "\t".join((direction, place, ", ".join(words)))
