"""What Meta has not promised never to send: odd shapes, odd times, odd strings, and neighbours of a broken item."""

import copy
import json
from datetime import timedelta
from typing import Any

import pytest

from signaling.events import (
    CallAnswerReceived,
    CallOffered,
    CallStatusChanged,
    CallTerminated,
    Customer,
    CustomerWrote,
    Direction,
    MessageDelivered,
    MetaError,
    NumberErrorReported,
    PermissionReplied,
    SettingsChanged,
    Unrecognised,
    VoicemailLeft,
    WebhookEvent,
)
from signaling.meta.webhook import ITEMS_LIMIT, MalformedDelivery, parse_delivery
from signaling.private import Bsuid, PhoneNumber
from tests.unit.meta.payloads import BASE_UNIX_S, BUSINESS_PHONE, CUSTOMER_BSUID, CUSTOMER_PHONE, NUMBER, after, content

Json = dict[str, Any]


def parse(delivery: object) -> list[WebhookEvent]:
    return parse_delivery(json.dumps(delivery).encode())


def delivery_of(value: Json, field: str = "calls") -> Json:
    metadata = {"display_phone_number": BUSINESS_PHONE.value, "phone_number_id": NUMBER}
    change = {"field": field, "value": {"metadata": metadata, **value}}
    return {"object": "whatsapp_business_account", "entry": [{"id": "0", "changes": [change]}]}


def value_of(delivery: Json) -> Json:
    value: Json = delivery["entry"][0]["changes"][0]["value"]
    return value


def connect(**changes: object) -> Json:
    """A connect whose keys are changed; None removes a key."""
    call: Json = value_of(content("webhook_calls_connect_uic.json"))["calls"][0]
    return {key: value for key, value in {**call, **changes}.items() if value is not None}


def terminate(**changes: object) -> Json:
    call: Json = value_of(content("webhook_calls_terminate_uic_missed.json"))["calls"][0]
    return {key: value for key, value in {**call, **changes}.items() if value is not None}


def only_call(call: Json, **value: object) -> WebhookEvent:
    (event,) = parse(delivery_of({"calls": [call], **value}))
    return event


def ended(call: Json, **value: object) -> CallTerminated:
    event = only_call(call, **value)
    assert isinstance(event, CallTerminated)
    return event


def offered(call: Json, **value: object) -> CallOffered:
    event = only_call(call, **value)
    assert isinstance(event, CallOffered)
    return event


@pytest.mark.parametrize(
    "broken",
    [
        42,
        None,
        [],
        {},
        connect(id=None),
        connect(id=""),
        connect(id="x" * 513),
        connect(id="wacid.\x00"),
        connect(id=["wacid.A"]),
        connect(event="explode"),
        connect(event=7),
        connect(session=None),
        connect(session={"sdp_type": "offer"}),
        connect(session={"sdp_type": "offer", "sdp": "v=0" * 6_000}),
        connect(session={"sdp_type": "rollback", "sdp": "v=0"}, direction=None),
        connect(session=None, connection={"webrtc": {"sdp": "v=0"}}),
        connect(timestamp=None),
        connect(timestamp="soon"),
        connect(timestamp=True),
        connect(timestamp=-1),
        connect(timestamp="9" * 400),
        connect(timestamp=1790000000000),
        connect(timestamp=1e300),
        terminate(timestamp="253402300800"),
        {"event": "call_recording_available", "id": "wacid.A", "timestamp": "1790000000", "call_recording": {}},
        {"event": "call_created", "id": "wacid.A", "timestamp": "1790000000"},
    ],
)
def test_a_broken_call_is_unrecognised_and_its_neighbours_are_not(broken: object) -> None:
    events = parse(delivery_of({"calls": [connect(), broken, terminate()]}))
    assert [type(event) for event in events] == [CallOffered, Unrecognised, CallTerminated]


def test_an_unrecognised_item_names_words_of_meta_and_never_content() -> None:
    calls = [{"event": "call_created"}, {"event": "5511955550101"}, {"event": "a word with spaces"}]
    assert parse(delivery_of({"calls": calls})) == [
        Unrecognised("calls", "call_created"),
        Unrecognised("calls", ""),
        Unrecognised("calls", ""),
    ]


@pytest.mark.parametrize("root", [42, "text", None, True, {}, {"entry_": []}])
def test_a_body_that_is_no_delivery_is_malformed(root: object) -> None:
    with pytest.raises(MalformedDelivery):
        parse(root)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000, b'{"entry": NaN}', b"9" * 5_000, b'{"entry":[]}x']
)
def test_bytes_that_are_no_json_are_malformed_and_the_message_names_only_a_type(body: bytes) -> None:
    with pytest.raises(MalformedDelivery) as caught:
        parse_delivery(body)
    assert str(caught.value).isidentifier()
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_broken_body_in_an_array_does_not_spoil_the_others() -> None:
    events = parse([17, content("webhook_calls_connect_uic.json"), {"entry": [[]]}])
    assert [type(event) for event in events] == [Unrecognised, CallOffered, Unrecognised]


def test_updates_of_another_product_are_not_read_as_ours() -> None:
    delivery = content("webhook_calls_connect_uic.json") | {"object": "instagram"}
    assert parse(delivery) == [Unrecognised("calls", "object")]


def test_unknown_fields_and_values_of_no_shape_are_unrecognised() -> None:
    changes = [
        {"field": "security", "value": {}},
        {"field": "calls", "value": 3},
        {"field": "calls", "value": {}},
        {"field": ["calls"], "value": {}},
        17,
        {"field": "account_update", "value": {"event": "PARTNER_ADDED"}},
        {"field": "account_settings_update", "value": {"type": "business_settings"}},
        {"field": "messages", "value": {"metadata": {"phone_number_id": NUMBER}}},
    ]
    assert parse({"entry": [{"id": "0", "changes": changes}]}) == [
        Unrecognised("security"),
        Unrecognised("calls"),
        Unrecognised("calls"),
        Unrecognised(""),
        Unrecognised(""),
        Unrecognised("account_update", "PARTNER_ADDED"),
        Unrecognised("account_settings_update", "business_settings"),
        Unrecognised("messages"),
    ]


def test_a_call_without_a_number_of_ours_cannot_be_routed() -> None:
    delivery = delivery_of({"calls": [connect()], "metadata": {}})
    assert parse(delivery) == [Unrecognised("calls", "connect")]


def test_ids_and_times_may_be_numbers() -> None:
    delivery = delivery_of({"calls": [connect(timestamp=BASE_UNIX_S, **{"from": 5511955550101})]})
    value_of(delivery)["metadata"]["phone_number_id"] = int(NUMBER)
    (event,) = parse(delivery)
    assert isinstance(event, CallOffered)
    assert (event.number, event.at, event.customer.phone) == (NUMBER, after(0), CUSTOMER_PHONE)


def test_words_are_compared_without_case() -> None:
    assert isinstance(only_call(connect(event="CONNECT", direction="user_initiated")), CallOffered)
    assert ended(terminate(event="Terminate", status="Failed")).failed
    assert not ended(terminate(status="completed")).failed
    (status,) = parse(
        delivery_of({"statuses": [{"id": "wacid.A", "type": "CALL", "status": "ringing", "timestamp": "1790000000"}]})
    )
    assert isinstance(status, CallStatusChanged)


def test_a_status_of_a_message_is_no_status_of_a_call() -> None:
    status = {"id": "wamid.A", "type": "message", "status": "ACCEPTED", "timestamp": "1790000000"}
    assert parse(delivery_of({"statuses": [status]})) == [Unrecognised("calls", "ACCEPTED")]
    read = {"id": "wamid.A", "status": "read", "timestamp": "1790000000"}
    assert parse(delivery_of({"statuses": [read]}, "messages")) == [Unrecognised("messages", "read")]


def test_a_delivery_to_the_customer_is_told_with_its_message() -> None:
    delivered = {"id": "wamid.A", "status": "DELIVERED", "timestamp": "1790000000"}
    assert parse(delivery_of({"statuses": [delivered]}, "messages")) == [MessageDelivered(NUMBER, after(0), "wamid.A")]


def test_of_what_a_customer_writes_only_who_and_when_is_read() -> None:
    message = value_of(content("webhook_messages_voicemail.json"))["messages"][0]
    kinds = ("text", "IMAGE", "button", "order", "reaction", "system", "unsupported")
    written = [{**message, "id": f"wamid.{kind}", "type": kind} for kind in kinds]
    events = parse(delivery_of({"messages": written}, "messages"))
    assert [type(event) for event in events] == [CustomerWrote] * 4 + [Unrecognised] * 3
    assert isinstance(events[0], CustomerWrote)
    assert events[0].customer.phone == CUSTOMER_PHONE
    nobody = {key: value for key, value in written[0].items() if not key.startswith("from")}
    assert parse(delivery_of({"messages": [nobody]}, "messages")) == [Unrecognised("messages", "text")]


def test_the_session_description_decides_the_direction_whatever_else_is_said() -> None:
    answer = connect(session={"sdp_type": "answer", "sdp": "v=0"}, direction=None)
    assert isinstance(only_call(answer), CallAnswerReceived)
    untyped = connect(session={"sdp": "v=0"}, direction="BUSINESS_INITIATED")
    assert isinstance(only_call(untyped), CallAnswerReceived)
    assert isinstance(only_call(connect(session={"sdp": "v=0"}, direction="USER_INITIATED")), CallOffered)


CONTACT: Json = {"wa_id": CUSTOMER_PHONE.value, "user_id": CUSTOMER_BSUID.value, "profile": {"name": "Maria"}}


@pytest.mark.parametrize(
    ("call", "direction"),
    [
        (terminate(direction=None), Direction.INBOUND),
        (terminate(direction=None, to="+55 11 3333-0000"), Direction.INBOUND),
        (terminate(direction=None, **{"from": BUSINESS_PHONE.value}, to=CUSTOMER_PHONE.value), Direction.OUTBOUND),
        (terminate(direction="SIDEWAYS", to=None), Direction.INBOUND),  # the caller is in contacts
        (terminate(direction=None, **{"from": None}, to=CUSTOMER_PHONE.value), Direction.OUTBOUND),
        (terminate(direction=None, **{"from": None}, to=None, from_user_id="BR.1"), Direction.INBOUND),
        (terminate(direction=None, **{"from": None}, to=None, to_user_id="BR.1"), Direction.OUTBOUND),
        (terminate(direction=None, **{"from": None}, to=None), None),
        (terminate(direction=None, **{"from": "4930111"}, to="4930222"), None),
        (terminate(direction=None, **{"from": BUSINESS_PHONE.value}, to=BUSINESS_PHONE.value), None),
    ],
)
def test_a_terminate_without_direction_is_judged_by_whose_number_is_at_which_end(
    call: Json, direction: Direction | None
) -> None:
    assert ended(call, contacts=[CONTACT]).direction is direction


def test_a_terminate_whose_direction_nobody_knows_still_names_the_only_customer_there_is() -> None:
    call = terminate(direction=None, **{"from": None}, to=None)
    assert ended(call, contacts=[CONTACT]).customer == Customer(CUSTOMER_PHONE, CUSTOMER_BSUID, name="Maria")


def test_each_call_of_a_batch_gets_its_own_contact() -> None:
    contacts = [CONTACT, {"user_id": "BR.222", "profile": {"name": "João"}}]
    calls = [
        connect(id="wacid.A"),
        connect(id="wacid.B", **{"from": None}, from_user_id="BR.222"),
        connect(id="wacid.C", **{"from": "4930111"}),
    ]
    events = parse(delivery_of({"calls": calls, "contacts": contacts}))
    assert [event.customer for event in events if isinstance(event, CallOffered)] == [
        Customer(CUSTOMER_PHONE, CUSTOMER_BSUID, name="Maria"),
        Customer(bsuid=Bsuid("BR.222"), name="João"),
        Customer(PhoneNumber("4930111")),
    ]


def test_a_contact_may_spell_the_phone_of_its_only_call_otherwise() -> None:
    """Brazilian mobile numbers come with and without the ninth digit."""
    contact = {"wa_id": "551155550101", "profile": {"name": "Maria"}}
    assert offered(connect(), contacts=[contact]).customer == Customer(CUSTOMER_PHONE, name="Maria")


def test_the_contact_of_somebody_else_is_not_taken_for_the_caller() -> None:
    contact = {"user_id": "BR.999", "profile": {"name": "João"}}
    call = connect(**{"from": None}, from_user_id="BR.222")
    assert offered(call, contacts=[contact]).customer == Customer(bsuid=Bsuid("BR.222"))


def test_a_caller_without_any_name_is_a_caller_nevertheless() -> None:
    assert offered(connect(**{"from": None})).customer == Customer()
    assert offered(connect(**{"from": "not a phone number"}), contacts=[None, 3, {}]).customer == Customer()


def test_nul_bytes_and_lone_surrogates_do_not_get_past_the_door() -> None:
    contact = {**CONTACT, "profile": {"name": "Ma\x00ria\ud800\r\nTeste", "username": "\udfffx"}}
    event = offered(connect(cta_payload="a\x00b\ud83d"), contacts=[contact])
    assert event.customer.name == "Ma ria\ufffd Teste"
    assert event.customer.username == "\ufffdx"
    assert event.button_payload is not None
    assert event.button_payload.value == "a\ufffdb\ufffd"


def test_emoji_and_other_alphabets_pass_unharmed() -> None:
    contact = {**CONTACT, "profile": {"name": "Zoë 李 🎧"}}
    assert offered(connect(), contacts=[contact]).customer.name == "Zoë 李 🎧"


def test_long_texts_are_cut_but_ids_are_not_bent() -> None:
    contact = {**CONTACT, "profile": {"name": "n" * 10_000}, "parent_user_id": "p" * 10_000}
    event = offered(connect(cta_payload="c" * 10_000, deeplink_payload="d" * 512), contacts=[contact])
    assert event.customer.name == "n" * 256
    assert event.customer.parent_bsuid is None
    assert event.button_payload is not None
    assert event.link_payload is not None
    assert (len(event.button_payload.value), len(event.link_payload.value)) == (512, 512)


@pytest.mark.parametrize("duration", [-5, 2**31, "long", True, None, 1.5])
def test_a_duration_that_no_column_holds_is_no_duration(duration: object) -> None:
    event = ended(terminate(duration=duration))
    assert (event.duration_s, event.started_at) == (None, None)


def test_a_positive_duration_alone_proves_that_somebody_picked_up() -> None:
    event = ended(terminate(duration="20", end_time=str(BASE_UNIX_S + 40)))
    assert (event.started_at, event.ended_at, event.duration_s) == (after(20), after(40), 20)


def test_zero_seconds_and_a_zero_start_are_a_missed_call() -> None:
    event = ended(terminate(duration=0, start_time="0", end_time="0"))
    assert (event.started_at, event.ended_at) == (None, None)


OWN = {"code": 138021, "title": "Media receive timeout", "error_data": {"details": "no media"}}
OTHER = {"code": "131044", "message": "Payment"}


def test_errors_in_both_places_are_one_error() -> None:
    event = ended(terminate(status="FAILED", errors=[OWN, OWN]), errors=[OWN, OTHER])
    assert event.errors == (MetaError(138021, "Media receive timeout", "no media"), MetaError(131044, "Payment"))


def test_errors_beside_several_failed_calls_go_to_those_without_errors_of_their_own() -> None:
    calls = [terminate(id="wacid.A", status="FAILED", errors=[OWN]), terminate(id="wacid.B", status="FAILED")]
    events = parse(delivery_of({"calls": calls, "errors": [OTHER]}))
    assert [[error.code for error in event.errors] for event in events if isinstance(event, CallTerminated)] == [
        [138021],
        [131044],
    ]


def test_errors_beside_a_call_that_did_not_fail_are_the_numbers() -> None:
    events = parse(delivery_of({"calls": [connect()], "errors": [OTHER]}))
    assert [type(event) for event in events] == [CallOffered, NumberErrorReported]
    assert events[1] == NumberErrorReported(NUMBER, None, (MetaError(131044, "Payment"),))


def test_errors_of_no_shape_are_dropped() -> None:
    assert parse(delivery_of({"errors": [7, {"code": "x"}, {"title": "no code"}]})) == [Unrecognised("calls", "errors")]
    assert ended(terminate(status="FAILED", errors="broken")).errors == ()


def test_an_error_text_that_quotes_the_customer_is_scrubbed() -> None:
    quoting = {
        "code": 1,
        "title": f"Call {CUSTOMER_PHONE.value}",
        "error_data": {"details": "id wacid.HBgNNTUx== failed"},
    }
    assert ended(terminate(status="FAILED", errors=[quoting])).errors == (MetaError(1, "Call …", "id … failed"),)


def permission(**reply: object) -> Json:
    message: Json = value_of(content("webhook_messages_call_permission_reply_accept_temporary.json"))["messages"][0]
    message = copy.deepcopy(message)
    message["interactive"]["call_permission_reply"] = reply
    return delivery_of({"messages": [message]}, "messages")


@pytest.mark.parametrize("seconds", [604_800, "604800", 604_800.0])
def test_a_small_expiration_counts_from_the_reply(seconds: object) -> None:
    (event,) = parse(permission(response="accept", is_permanent=False, expiration_timestamp=seconds))
    assert isinstance(event, PermissionReplied)
    assert event.expires_at == after(60) + timedelta(days=7)


def test_an_unreadable_expiration_does_not_become_a_permission_without_end() -> None:
    delivery = permission(response="accept", is_permanent=False, expiration_timestamp="next week")
    assert parse(delivery) == [Unrecognised("messages", "call_permission_reply")]


def test_a_refusal_is_never_permanent_and_has_no_end() -> None:
    (event,) = parse(permission(response="REJECT", is_permanent=True, expiration_timestamp=1790604860))
    assert isinstance(event, PermissionReplied)
    assert (event.accepted, event.permanent, event.expires_at) == (False, False, None)


def test_an_answer_of_another_kind_is_unrecognised() -> None:
    assert parse(permission(response="perhaps")) == [Unrecognised("messages", "call_permission_reply")]


def test_only_an_audio_message_with_the_id_of_a_call_is_a_voicemail() -> None:
    message = value_of(content("webhook_messages_voicemail.json"))["messages"][0]
    ordinary = {**message, "id": "wamid.HBgN"}
    text = {**message, "id": "wacid.A", "type": "text"}
    events = parse(delivery_of({"messages": [message, ordinary, text]}, "messages"))
    assert [type(event) for event in events] == [VoicemailLeft, CustomerWrote, CustomerWrote]


def settings(calling: object) -> Json:
    delivery: Json = content("webhook_account_settings_update.json")
    value_of(delivery)["phone_number_settings"]["calling"] = calling
    return delivery


def test_settings_are_handed_on_fit_for_a_json_column() -> None:
    (event,) = parse(settings({"status": "ENAB\x00LED", "sip": {"servers": [{"hostname": "\ud800"}]}}))
    assert isinstance(event, SettingsChanged)
    assert event.calling == {"status": "ENAB\ufffdLED", "sip": {"servers": [{"hostname": "\ufffd"}]}}


def test_settings_that_are_too_deep_or_not_finite_are_unrecognised() -> None:
    deep: object = 1
    for _ in range(100):
        deep = [deep]
    unrecognised = [Unrecognised("account_settings_update", "phone_number_settings")]
    assert parse(settings({"x": deep})) == unrecognised
    overflow = json.dumps(settings({"x": 0.5})).replace("0.5", "1e999")
    assert parse_delivery(overflow.encode()) == unrecognised


def test_the_settings_type_may_be_spelled_in_capitals() -> None:
    delivery: Json = content("webhook_account_settings_update.json")
    value_of(delivery)["type"] = "PHONE_NUMBER_SETTINGS"
    assert [type(event) for event in parse(delivery)] == [SettingsChanged]


def test_a_thousand_calls_in_one_body_are_a_thousand_events() -> None:
    calls = [connect(id=f"wacid.{index}") for index in range(1_000)]
    events = parse(delivery_of({"calls": calls}))
    assert [event.wacid.value for event in events if isinstance(event, CallOffered)] == [
        f"wacid.{index}" for index in range(1_000)
    ]


def test_far_more_items_than_meta_may_send_are_refused_as_a_whole() -> None:
    with pytest.raises(MalformedDelivery, match=r"^TooManyItems$"):
        parse(delivery_of({"calls": [{}] * (ITEMS_LIMIT + 1)}))
