"""`ramal number pickup-guard|balance-guard|balance …`: what protects a number from Meta's punishments and from an
account that runs dry, from a shell. A gateway that runs follows within half a minute."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Annotated, Any

import typer

from gateway.cli_admin import Stores, by_shell, in_words_run, number_of, numbers_app, stop_with
from gateway.clock import utc_now
from signaling.balance_guard import Balance, BalanceGuard, is_amount, is_currency, standing_of
from signaling.balance_guard import problems_of as problems_of_balance
from signaling.pickup_guard import LIMITS, Guard
from signaling.pickup_guard import problems_of as problems_of_pickup
from store.balance_guards import SqlBalanceGuards, StoredBalance
from store.pickup_guards import SqlPickupGuards, StoredGuard
from store.refusal import Refusal, Why

PhoneNumberId = Annotated[str, typer.Argument(help="Meta's id of the number.")]


def add_guard_commands() -> None:
    """Mount everything of this module on `ramal number`."""
    numbers_app.command("pickup-guard")(pickup_guard)
    numbers_app.command("balance-guard")(balance_guard)
    numbers_app.command("balance")(balance)


def pickup_guard(
    phone_number_id: PhoneNumberId,
    enabled: Annotated[bool | None, typer.Option("--on/--off", help="Look at the number, and warn.")] = None,
    hide_icon: Annotated[
        bool | None, typer.Option("--hide-icon/--leave-icon", help="Hide the call button, and show it again.")
    ] = None,
    shorten_hours: Annotated[
        bool | None, typer.Option("--shorten-hours/--leave-hours", help="Close for today at Meta, and open again.")
    ] = None,
    warn_below_percent: Annotated[int | None, typer.Option(help="Of the calls that came, those accepted.")] = None,
    hide_below_percent: Annotated[int | None, typer.Option(help="The same, to hide the button.")] = None,
    least_calls: Annotated[int | None, typer.Option(help="Fewer say nothing.")] = None,
    look_back_h: Annotated[int | None, typer.Option(help="Hours that are looked at.")] = None,
    nobody_for_s: Annotated[int | None, typer.Option(help="Seconds without anybody before it acts.")] = None,
    back_for_s: Annotated[int | None, typer.Option(help="Seconds with somebody before it undoes.")] = None,
) -> None:
    """Show what the pick-up guard of a number may do and what it did last, or change what is named."""
    given = {
        "enabled": enabled,
        "hide_icon": hide_icon,
        "shorten_hours": shorten_hours,
        "warn_below_percent": warn_below_percent,
        "hide_below_percent": hide_below_percent,
        "least_calls": least_calls,
        "look_back_h": look_back_h,
        "nobody_for_s": nobody_for_s,
        "back_for_s": back_for_s,
    }
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}

    async def work(stores: Stores) -> StoredGuard:
        number, guards = (await number_of(stores, phone_number_id)).id, SqlPickupGuards(stores.numbers.database)
        stored = await guards.of(number)
        if not changes:
            return stored
        guard: Guard = replace(stored.guard, **changes)
        _refuse(problems_of_pickup(guard), _pickup_words)
        return await guards.write(number, guard, replace(by_shell(), seen=stored.document.version))

    stored = in_words_run(work)
    _show(asdict(stored.guard), stored.document.version)
    for act in stored.kept.acts[-5:]:
        typer.echo(f"{act.at.isoformat()}\t{act.did.value}\t{act.cause.value}")


def balance_guard(
    phone_number_id: PhoneNumberId,
    enabled: Annotated[bool | None, typer.Option("--on/--off", help="Compare the balance with the floor.")] = None,
    floor: Annotated[str | None, typer.Option(help="An exact decimal in the balance's currency: 9.995.")] = None,
    hard: Annotated[
        bool | None, typer.Option("--refuse/--only-show", help="Refuse new calls below the floor, or only show it.")
    ] = None,
    inbound: Annotated[bool | None, typer.Option("--inbound/--no-inbound", help="Calls of customers.")] = None,
    outbound: Annotated[bool | None, typer.Option("--outbound/--no-outbound", help="Calls to customers.")] = None,
) -> None:
    """Show the balance guard of a number, or change what is named. A call that is up is never cut."""
    given = {"enabled": enabled, "floor": floor, "hard": hard, "inbound": inbound, "outbound": outbound}
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}

    async def work(stores: Stores) -> StoredBalance:
        number, guards = (await number_of(stores, phone_number_id)).id, SqlBalanceGuards(stores.numbers.database)
        stored = await guards.of(number)
        if not changes:
            return stored
        guard: BalanceGuard = replace(stored.guard, **changes)
        _refuse(problems_of_balance(guard), lambda _field, _code: "A floor is an exact decimal, such as 9.995.")
        return await guards.write(number, guard, replace(by_shell(), seen=stored.document.version))

    _show_balance(in_words_run(work))


def balance(
    phone_number_id: PhoneNumberId,
    amount: Annotated[str | None, typer.Argument(help="What the account holds, exactly: 9.995.")] = None,
    currency: Annotated[str | None, typer.Argument(help="ISO 4217: USD, BRL …")] = None,
) -> None:
    """Show what a number's account holds, or say it: Meta tells no balance, whoever bills the account does."""
    if (amount is None) is not (currency is None):
        stop_with("Give the amount and its currency: 9.995 USD.")

    async def work(stores: Stores) -> StoredBalance:
        number, guards = (await number_of(stores, phone_number_id)).id, SqlBalanceGuards(stores.numbers.database)
        if amount is None or currency is None:
            return await guards.of(number)
        if not is_amount(amount):
            raise Refusal(Why.INVALID, "amount", "An amount is an exact decimal, such as 9.995.")
        if not is_currency(currency):
            raise Refusal(Why.INVALID, "currency", "A currency is three capitals, such as USD.")
        return await guards.tell(number, Balance(amount, currency, utc_now(), by_shell().actor))

    _show_balance(in_words_run(work))


def _show_balance(stored: StoredBalance) -> None:
    held = stored.balance
    told = "not known" if held is None else f"{held.amount} {held.currency}, told {held.at.isoformat()}"
    typer.echo(f"balance\t{told}")
    typer.echo(f"standing\t{standing_of(stored.guard, held, utc_now()).value}")
    _show(asdict(stored.guard), stored.document.version)


def _show(fields: dict[str, Any], version: int) -> None:
    for name, value in {**fields, "version": version}.items():
        typer.echo(f"{name}\t{('on' if value else 'off') if isinstance(value, bool) else value}")


def _refuse(problems: Iterator[tuple[str, str]], words: Callable[[str, str], str]) -> None:
    for field, code in problems:
        raise Refusal(Why.INVALID, field, words(field, code))


def _pickup_words(field: str, code: str) -> str:
    if code == "above_warning":
        return "--hide-below-percent cannot be more than --warn-below-percent."
    least, most = LIMITS[field]
    return f"--{field.replace('_', '-')} is {least} to {most}."
