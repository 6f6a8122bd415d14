"""The one promise of the parser: any bytes give events or MalformedDelivery, whose message is a type's name."""

import json
from collections.abc import Iterator
from typing import Any, get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from signaling.events import WebhookEvent
from signaling.meta.webhook import READERS, MalformedDelivery, parse_delivery
from tests.unit.meta.payloads import body, content, files

WEBHOOKS = [entry["file"] for entry in files("webhook:")]


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a JSON value that can be written to, as container and key."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in list(inner):
        yield node, key
        yield from places(child)


WRITTEN = [place for file in WEBHOOKS for place in places(content(file))]
KEYS = st.sampled_from(sorted({key for _, key in WRITTEN if isinstance(key, str)}))
WORDS = st.sampled_from(sorted({holder[key] for holder, key in WRITTEN if isinstance(holder[key], str)}, key=len))
TEXT = st.text(st.characters(), max_size=20)  # lone surrogates included
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT | WORDS
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | TEXT, inner, max_size=8),
    max_leaves=40,
)
unhurried = settings(deadline=None)


def keeps_its_promise(delivery: bytes) -> None:
    try:
        events = parse_delivery(delivery)
    except MalformedDelivery as error:
        assert str(error).isidentifier()  # the name of a type
    else:
        assert all(isinstance(event, get_args(WebhookEvent)) for event in events)


@unhurried
@given(st.binary(max_size=300))
def test_any_bytes_are_events_or_malformed(delivery: bytes) -> None:
    keeps_its_promise(delivery)


@unhurried
@given(JSON)
def test_any_json_is_events_or_malformed(value: object) -> None:
    keeps_its_promise(json.dumps(value).encode())


@unhurried
@given(st.sampled_from(sorted(READERS)), JSON, JSON)
def test_any_value_in_a_right_envelope_is_events(field: str, value: object, item: object) -> None:
    kinds = ("calls", "statuses", "messages", "contacts", "errors", "restriction_info")
    metadata = {"phone_number_id": "1"}
    for inner in (value, {"metadata": metadata, **{kind: [item, value] for kind in kinds}}):
        change = {"field": field, "value": inner}
        delivery = json.dumps({"entry": [{"id": "0", "changes": [change]}]}).encode()
        assert parse_delivery(delivery) != []


@unhurried
@given(st.sampled_from(WEBHOOKS), st.floats(0, 1))
def test_a_truncated_payload_is_malformed(file: str, part: float) -> None:
    whole = body(file).rstrip()
    keeps_its_promise(whole[: int(len(whole) * part)])


@unhurried
@given(st.sampled_from(WEBHOOKS), st.data())
def test_a_payload_with_foreign_bytes_in_it_is_events_or_malformed(file: str, data: st.DataObject) -> None:
    whole = body(file)
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(start + 20, len(whole))))
    keeps_its_promise(whole[:start] + data.draw(st.binary(max_size=20)) + whole[end:])


@unhurried
@given(st.sampled_from(WEBHOOKS), st.data(), JSON)
def test_a_payload_with_any_one_value_replaced_is_events_or_malformed(
    file: str, data: st.DataObject, replacement: object
) -> None:
    root = content(file)
    holder, key = data.draw(st.sampled_from(list(places(root))))
    holder[key] = replacement
    keeps_its_promise(json.dumps(root).encode())
