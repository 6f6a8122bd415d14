"""`docs/events.md`, written from the contract: `python -m tests.unit.event_document > docs/events.md`."""

import re
from pathlib import Path

from signaling.announcements import EventKind
from signaling.integrator_contract import (
    DATA_OF,
    AgentTold,
    BalanceTold,
    CallbackTold,
    CallTold,
    ContactTold,
    CustomerTold,
    DepartmentTold,
    EventTold,
    GuardTold,
    NoteTold,
    NumberTold,
    NumberWarningTold,
    PermissionTold,
    ProtocolTold,
    RecordingTold,
    TextTold,
    Told,
)

ANNOUNCEMENTS = Path(__file__).parents[2] / "signaling" / "announcements.py"

HEAD = """# Events

Ramal tells your systems what happens by HTTP POST. Subscribe with `POST /api/v1/event-subscriptions`; the answer holds
the signing secret, once.

- **Nothing is lost.** An event is written in the transaction that saves what it tells. What cannot be delivered is
  tried again, after 2 s, 4 s, 8 s … up to 10 minutes, also after a restart of either side, for
  `RAMAL_EVENTS_GIVE_UP_HOURS`; then it is given up, stays in the log of deliveries, and can be sent again (`…/replay`).
- **At least once.** A repetition carries the same `id`: do nothing twice.
- **In order per subject.** All events of one call come in the order of their `sequence`; the next is not sent before
  the one before it was taken. Calls do not wait for each other, and receivers neither.
- **Taken is any 2xx**, within `RAMAL_EVENTS_TIMEOUT_S`. Redirects are not followed. A `Retry-After` is heeded.
- **A new customer is said to be one, once.** `new_contact` is true in the first event that is written after their
  contact was made, whatever made it: a call of theirs or of ours, a permission, a protocol. A customer who only wrote
  is told by `contact.added`. Whoever subscribes to some kinds or numbers misses it where it stands in another event.
- **HTTPS to a public address**, or a host in `RAMAL_INTEGRATION_HOSTS`.
- **Held back while you mend something** (`PUT …/held`): events wait, and come in order when you let them go.
- **Tried before it matters** (`POST …/test`): one signed delivery of the type `subscription.test`, with empty `data`,
  which is sent once; the answer says what came of it. It tells of nothing that happened, and nobody subscribes to it.

## Is it really from us?

Deliveries are signed as [Standard Webhooks](https://www.standardwebhooks.com) says, so its libraries check them. By
hand:

```python
key = base64.b64decode(secret.removeprefix("whsec_"))
signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + raw_body
right = "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
assert hmac.compare_digest(right, headers["webhook-signature"])
assert abs(time.time() - int(headers["webhook-timestamp"])) < 300
```
"""


TAIL = """## Whom should this customer reach?

With `RAMAL_STICKY_URL` Ramal asks your system before a call rings, signed with `RAMAL_STICKY_SECRET` as above, the
`webhook-id` being `sticky-<call id>`:

```json
{"call_id": "…", "number_id": 1, "customer": {"phone": "5511955550101", "bsuid": null, "name": "Maria"},
 "button_payload": null, "link_payload": null}
```

Answer `{"agent_id": 7}` (an agent of `GET /api/v1/presence`) or `{"agent_id": null}` within `RAMAL_STICKY_TIMEOUT_S`.
An agent who is free is rung alone for 8 s, or until they cannot take the call any more; then everybody is. No answer, a
late one, an agent who is not free, or anything else: everybody is rung at once. After five failures in a row nobody is
asked for 30 s."""


def meanings() -> dict[str, str]:
    """What the comment behind each kind says."""
    found = re.findall(r"^    [A-Z_]+ = \"([a-z.]+)\"(?:  # (.*))?$", ANNOUNCEMENTS.read_text(), re.MULTILINE)
    return {kind: meaning for kind, meaning in found if kind in {each.value for each in EventKind}}


def shape(kind: type[Told]) -> list[str]:
    lines = [f"### {kind.__name__.removesuffix('Told')}", "", " ".join((kind.__doc__ or "").split()), ""]
    schema = kind.model_json_schema(mode="serialization")
    lines += ["| field | type | |", "|---|---|---|"]
    for name, field in schema["properties"].items():
        lines.append(f"| `{name}` | {words_of(field)} | {field.get('description', '')} |")
    return [*lines, ""]


def words_of(field: dict[str, object]) -> str:
    options = field.get("anyOf")
    if isinstance(options, list):
        return " or ".join(words_of(option) for option in options)
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2].removesuffix("Told")
    if isinstance(words := field.get("enum"), list):
        return " · ".join(f"`{word}`" for word in words)
    return "time" if field.get("format") == "date-time" else str(field.get("type", "object"))


def render() -> str:
    meaning = meanings()
    lines = [HEAD, "## Kinds", "", "| `type` | `data` | when |", "|---|---|---|"]
    lines += [
        f"| `{kind.value}` | `{next(iter(DATA_OF[kind].model_fields))}` | {meaning.get(kind.value, '')} |"
        for kind in EventKind
    ]
    lines += [
        "",
        "New kinds may come; ignore what you do not know. A body that changes its meaning has another `version`.",
    ]
    lines += ["", "## Bodies", "", "Times are ISO 8601 in UTC, phone numbers digits with country code.", ""]
    told = (
        EventTold,
        CallTold,
        TextTold,
        ProtocolTold,
        CallbackTold,
        NoteTold,
        RecordingTold,
        PermissionTold,
        ContactTold,
        GuardTold,
        BalanceTold,
        NumberWarningTold,
        CustomerTold,
        NumberTold,
        DepartmentTold,
        AgentTold,
    )
    for kind in told:
        lines += shape(kind)
    lines.append(TAIL)
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    print(render(), end="")
