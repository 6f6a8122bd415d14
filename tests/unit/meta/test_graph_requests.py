"""Every request body of the reference comes out of the builders key for key."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from signaling.events import Customer
from signaling.meta import graph_requests as bodies
from signaling.meta.graph_requests import ASKS_PERMISSION, Body, CallOptions, MetaCapture, callee_of
from signaling.private import Payload, PhoneNumber, Sdp
from tests.unit.meta.payloads import (
    CUSTOMER_BSUID,
    CUSTOMER_PHONE,
    INBOUND_WACID,
    INDEX,
    OPAQUE,
    content,
)

CAPTURE = MetaCapture("Qualidade do atendimento", "pt")
CAPTURED = CallOptions(recording=CAPTURE, transcription=CAPTURE)
BUTTON = Payload("campaign=retencao;ticket=84213")
QUESTION = "Podemos ligar para você sobre o pedido 84213?"


def sdp(file: str) -> Sdp:
    return Sdp(content(file)["session"]["sdp"])


ANSWER, OFFER = sdp("request_calls_accept.json"), sdp("request_calls_connect.json")

BUILT: dict[str, Callable[[], Body]] = {
    "request_calls_pre_accept.json": lambda: bodies.answer_call("pre_accept", INBOUND_WACID, ANSWER),
    "request_calls_accept.json": lambda: bodies.answer_call("accept", INBOUND_WACID, ANSWER, CallOptions(OPAQUE)),
    "request_calls_accept_recording.json": lambda: bodies.answer_call("accept", INBOUND_WACID, ANSWER, CAPTURED),
    "request_calls_reject.json": lambda: bodies.end_call("reject", INBOUND_WACID),
    "request_calls_terminate.json": lambda: bodies.end_call("terminate", INBOUND_WACID),
    "request_calls_connect.json": lambda: bodies.start_call(CUSTOMER_PHONE, OFFER, CallOptions(OPAQUE)),
    "request_calls_connect_bsuid.json": lambda: bodies.start_call(CUSTOMER_BSUID, OFFER, CallOptions(OPAQUE)),
    "request_calls_connect_recording.json": lambda: bodies.start_call(
        CUSTOMER_PHONE, OFFER, CallOptions(OPAQUE, CAPTURE, CAPTURE)
    ),
    "request_permission_request_interactive.json": lambda: bodies.permission_request(CUSTOMER_PHONE, QUESTION),
    "request_permission_request_interactive_bsuid.json": lambda: bodies.permission_request(CUSTOMER_BSUID, QUESTION),
    "request_permission_template_create.json": lambda: bodies.new_template(
        "pedido_ligacao_v1",
        "pt_BR",
        "UTILITY",
        [*content("request_permission_template_create.json")["components"][:3], ASKS_PERMISSION],
    ),
    "request_permission_template_send.json": lambda: bodies.template_message(
        CUSTOMER_PHONE,
        "pedido_ligacao_v1",
        "pt_BR",
        [bodies.text_parameters("header", ["84213"]), bodies.text_parameters("body", ["Maria", "84213"])],
    ),
    "request_voice_call_interactive.json": lambda: bodies.call_button(
        CUSTOMER_PHONE, "Fale com a nossa equipe agora pelo WhatsApp.", "Ligar agora", 1440, BUTTON
    ),
    "request_voice_call_template_create.json": lambda: bodies.new_template(
        "botao_ligar_v1", "pt_BR", "UTILITY", content("request_voice_call_template_create.json")["components"]
    ),
    "request_voice_call_template_send.json": lambda: bodies.template_message(
        CUSTOMER_PHONE, "botao_ligar_v1", "pt_BR", [bodies.call_button_parameters(1440, BUTTON)]
    ),
}
MADE_BY_CALLERS = ("request_settings_", "request_subscribed_apps")  # see tests/services/test_graph_requests.py


@pytest.mark.parametrize("file", BUILT)
def test_a_request_of_the_reference_is_built_key_for_key(file: str) -> None:
    assert BUILT[file]() == content(file)


def test_no_request_of_the_reference_is_left_out() -> None:
    all_files = {entry["file"] for entry in INDEX["files"] if entry["kind"] == "request"}
    assert {file for file in all_files if not file.startswith(MADE_BY_CALLERS)} == set(BUILT)


def test_accept_repeats_the_bytes_of_pre_accept() -> None:
    assert (
        bodies.answer_call("accept", INBOUND_WACID, ANSWER)["session"]
        == bodies.answer_call("pre_accept", INBOUND_WACID, ANSWER)["session"]
        == {"sdp_type": "answer", "sdp": ANSWER.value}
    )


def test_a_permission_request_needs_no_text() -> None:
    interactive = bodies.permission_request(CUSTOMER_PHONE, None)["interactive"]
    assert interactive == {"type": "call_permission_request", "action": {"name": "call_permission_request"}}


def test_a_customer_is_reached_by_phone_where_there_is_one() -> None:
    assert callee_of(Customer(CUSTOMER_PHONE, CUSTOMER_BSUID)) == CUSTOMER_PHONE
    assert callee_of(Customer(bsuid=CUSTOMER_BSUID)) == CUSTOMER_BSUID
    assert callee_of(Customer(name="Maria")) is None


@pytest.mark.parametrize(
    "build",
    [
        lambda: bodies.call_button(CUSTOMER_PHONE, "text", "x" * 21, 1440, None),
        lambda: bodies.call_button(CUSTOMER_PHONE, "text", "", 1440, None),
        lambda: bodies.call_button(CUSTOMER_PHONE, "text", "label", 0, None),
        lambda: bodies.call_button(CUSTOMER_PHONE, "text", "label", 43_201, None),
        lambda: bodies.call_button(CUSTOMER_PHONE, "text", "label", 1440, Payload("p" * 513)),
        lambda: bodies.call_button_parameters(1440, Payload("p" * 513)),
        lambda: CallOptions(Payload("o" * 513)).body(),
        lambda: MetaCapture("p" * 251, "pt").body(),
    ],
)
def test_what_is_beyond_metas_limits_is_not_even_asked_for(build: Callable[[], Body]) -> None:
    with pytest.raises(ValueError, match="must") as caught:
        build()
    assert "ppp" not in str(caught.value)


def test_analytics_ask_for_exactly_what_is_named() -> None:
    start, end = datetime.fromtimestamp(1789913600, UTC), datetime.fromtimestamp(1790000000, UTC)
    path = next(entry["path"] for entry in INDEX["files"] if entry["file"] == "response_call_analytics.json")
    fields = bodies.analytics_fields(start, end, "DAILY", directions=["BUSINESS_INITIATED"])
    assert path.endswith(f"?fields={fields}")
    filtered = bodies.analytics_fields(start, end, "MONTHLY", phone_numbers=[PhoneNumber("1"), PhoneNumber("2")])
    assert filtered.endswith(".granularity(MONTHLY).phone_numbers([1,2])")
