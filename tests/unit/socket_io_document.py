"""`docs/socket-io.md`, written from the contract: `python -m tests.unit.socket_io_document > docs/socket-io.md`."""

from signaling.agents import contract
from signaling.agents.contract import COMMANDS, EVENTS, Ack, CallRefused, Hello, Message, PlaceAck, Refusal, SeatAck


def first_lines(kind: type[Message]) -> str:
    return " ".join((kind.__doc__ or "").split())


def fields(kind: type[Message]) -> str:
    names = [f"`{name}`" for name in kind.model_fields]
    return ", ".join(names) or "nothing"


def rows(messages: dict[str, type[Message]]) -> list[str]:
    return [f"| `{name}` | {fields(kind)} | {first_lines(kind)} |" for name, kind in messages.items()]


def render() -> str:
    lines = [
        "# Socket.IO between the gateway and a softphone page",
        "",
        "Written from `signaling/agents/contract.py`, where every message is typed once. "
        + " ".join((contract.__doc__ or "").split("\n\n", 1)[1].split()),
        "",
        "## From the page",
        "",
        f"The `auth` object on connecting holds {fields(Hello)}; the session comes by cookie. Each command is answered "
        f"by an ack of {fields(Ack)}; `seat.offer` by {fields(SeatAck)}; `call.place` "
        f"by {fields(PlaceAck)}, where `refused` holds {fields(CallRefused)}.",
        "",
        "| command | carries | what it is |",
        "|---|---|---|",
        *rows(COMMANDS),
        "",
        "Reasons of a refusal: " + ", ".join(f"`{why.value}`" for why in Refusal) + ".",
        "",
        "## To the page",
        "",
        "| event | carries | what it is |",
        "|---|---|---|",
        *rows(EVENTS),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(render(), end="")
