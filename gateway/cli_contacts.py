"""`ramal contact erase`: forget a customer."""

from typing import Annotated

import typer

from gateway.cli_admin import Stores, in_words_run, stop_with
from gateway.clock import utc_now
from signaling.ids import ContactId
from signaling.private import PhoneNumber
from store.erasure import Forgotten, SqlErasure
from store.retention import Stays

SHELL = "shell"
WHY = {
    Stays.UNKNOWN: "There is no such contact.",
    Stays.ON_HOLD: "A recording or a message of theirs is under legal hold: lift that first.",
    Stays.IN_CALL: "They are in a call: try again when it is over.",
}

contacts_app = typer.Typer(no_args_is_help=True, help="Customers.")


@contacts_app.callback()
def contacts() -> None:
    """Customers."""


@contacts_app.command("erase")
def erase(
    contact_id: Annotated[int | None, typer.Option(help="As in a call's record.")] = None,
    phone_stdin: Annotated[bool, typer.Option("--phone-stdin", help="Read their phone number from stdin.")] = False,
) -> None:
    """Forget a customer: name, numbers, recordings, messages and notes go for good; calls stay counted. Files go within
    seconds where a gateway runs, else at its next start."""
    if (contact_id is None) is not phone_stdin:
        stop_with("Give --contact-id or --phone-stdin.")
    digits = (
        "".join(letter for letter in typer.get_text_stream("stdin").readline(64) if letter in "0123456789")
        if (phone_stdin)
        else ""
    )

    async def work(stores: Stores) -> list[Forgotten | Stays]:
        erasure = SqlErasure(stores.departments.database)
        contacts = (
            [ContactId(contact_id)] if contact_id is not None else await erasure.contacts_with(PhoneNumber(digits))
        )
        return [await erasure.forget(contact, SHELL, utc_now()) for contact in contacts] or [Stays.UNKNOWN]

    for forgotten in in_words_run(work):
        if isinstance(forgotten, Stays):
            stop_with(WHY[forgotten])
        typer.echo(f"{forgotten.calls} calls stay without a name; {forgotten.recordings} recordings deleted.")
