"""Everything of Graph besides calls: permissions, messages, settings, numbers, analytics, media."""

import json
from datetime import UTC, datetime

import pytest

from signaling.errors import NeighbourError
from signaling.ids import PhoneNumberId
from signaling.meta.graph_answers import CallPermissions, PermissionStatus
from signaling.meta.graph_api import TEMPLATE_PAGES
from signaling.meta.graph_errors import GraphError
from signaling.meta.graph_requests import call_button_parameters, text_parameters
from signaling.private import Payload, PhoneNumber
from tests.fakes.graph_server import TOKEN, Answer, GraphServer
from tests.unit.meta.payloads import (
    CUSTOMER_BSUID,
    CUSTOMER_PHONE,
    INDEX,
    NUMBER,
    WABA,
    body,
    content,
)

BUTTON = Payload("campaign=retencao;ticket=84213")


def said(file: str) -> GraphServer:
    return GraphServer(Answer(200, body(file)))


def unix(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


# ---- permissions -----------------------------------------------------------------------------------------------------


async def permissions_in(file: str) -> CallPermissions:
    server = said(file)
    async with server.api() as graph:
        found = await graph.call_permissions(NUMBER, CUSTOMER_PHONE)
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("GET", f"/v25.0/{NUMBER}/call_permissions")
    assert asked.query == {"user_wa_id": CUSTOMER_PHONE.value}
    return found


@pytest.mark.parametrize(
    ("file", "status", "may_call", "may_ask"),
    [
        ("no_permission", PermissionStatus.NO_PERMISSION, False, True),
        ("temporary", PermissionStatus.TEMPORARY, True, False),
        ("permanent", PermissionStatus.PERMANENT, True, False),
        ("call_limit", PermissionStatus.TEMPORARY, False, True),
        ("request_limit", PermissionStatus.NO_PERMISSION, False, False),
    ],
)
async def test_permissions_say_whether_we_may_call_or_ask(
    file: str, status: PermissionStatus, may_call: bool, may_ask: bool
) -> None:
    found = await permissions_in(f"response_call_permissions_{file}.json")
    assert found.permission.status is status
    assert found.start_call is not None
    assert found.send_request is not None
    assert (found.start_call.can_perform, found.send_request.can_perform) == (may_call, may_ask)


async def test_permissions_say_until_when_and_from_when() -> None:
    temporary = await permissions_in("response_call_permissions_temporary.json")
    assert temporary.permission.expires_at == unix(1790500000)
    permanent = await permissions_in("response_call_permissions_permanent.json")
    assert permanent.permission.expires_at is None
    limited = (await permissions_in("response_call_permissions_call_limit.json")).start_call
    assert limited is not None
    assert (limited.limits[0].max_allowed, limited.limits[0].current_usage) == (100, 100)
    assert limited.possible_at == unix(1790003600)
    asked_too_often = (await permissions_in("response_call_permissions_request_limit.json")).send_request
    assert asked_too_often is not None
    assert asked_too_often.possible_at == unix(1790400000)  # the later of the two limits


async def test_an_unknown_word_for_a_permission_is_no_permission() -> None:
    server = GraphServer(Answer(200, b'{"permission": {"status": "granted", "expiration": "1790500000"}, "x": 1}'))
    async with server.api() as graph:
        found = await graph.call_permissions(NUMBER, CUSTOMER_PHONE)
    assert found.permission.status is PermissionStatus.NO_PERMISSION
    assert found.permission.expires_at == unix(1790500000)
    assert found.start_call is None


async def test_a_customer_without_a_phone_is_looked_up_by_the_scoped_id() -> None:
    server = said("response_call_permissions_temporary.json")
    async with server.api() as graph:
        await graph.call_permissions(NUMBER, CUSTOMER_BSUID)
    assert server.asked[0].query == {"recipient": CUSTOMER_BSUID.value}


async def test_who_asks_again_at_once_gets_the_same_answer_without_asking_meta() -> None:
    server = said("response_call_permissions_temporary.json")
    async with server.api() as graph:
        first = await graph.call_permissions(NUMBER, CUSTOMER_PHONE)
        assert await graph.call_permissions(NUMBER, CUSTOMER_PHONE) is first
        await graph.call_permissions(NUMBER, CUSTOMER_BSUID)
        await graph.call_permissions(PhoneNumberId("2"), CUSTOMER_PHONE)
    assert len(server.asked) == 3


async def test_lookups_stay_below_five_a_second_for_each_number() -> None:
    server = said("response_call_permissions_temporary.json")
    async with server.api() as graph:
        for index in range(8):
            await graph.call_permissions(NUMBER, PhoneNumber(f"551195555{index:04}"))
        await graph.call_permissions(PhoneNumberId("2"), CUSTOMER_PHONE)
    # The fake sleep takes no time, so each lookup stands further back in the queue than the one before.
    assert len(server.slept_s) == 7
    steps = [later - earlier for earlier, later in zip(server.slept_s, server.slept_s[1:], strict=False)]
    assert all(0 < step <= 0.25 for step in steps)
    assert server.slept_s[-1] <= 7 * 0.25


async def test_a_crowd_of_lookups_is_refused_instead_of_kept_waiting() -> None:
    server = said("response_call_permissions_temporary.json")
    refusals = []
    async with server.api() as graph:
        for index in range(100):
            try:
                await graph.call_permissions(NUMBER, PhoneNumber(f"551195555{index:04}"))
            except NeighbourError as error:
                refusals.append(error.failure)
    assert len(server.asked) < 100
    assert {failure.code for failure in refusals} == {"meta.613"}
    assert all(failure.retry_after_s is not None and failure.retry_after_s > 5 for failure in refusals)


async def test_permissions_that_cannot_be_read_are_an_error_without_what_was_read() -> None:
    server = GraphServer(Answer(200, b'{"permission": 5511955550101, "actions": [{"limits": "5511955550101"}]}'))
    async with server.api() as graph:
        with pytest.raises(GraphError) as caught:
            await graph.call_permissions(NUMBER, CUSTOMER_PHONE)
    assert caught.value.failure.code == "meta.bad_answer"
    assert caught.value.__cause__ is None
    assert "5511955550101" not in f"{caught.value!r} {caught.value}"


# ---- messages --------------------------------------------------------------------------------------------------------


async def test_a_permission_request_answers_with_the_id_that_the_reply_will_name() -> None:
    server = said("response_message_sent.json")
    async with server.api() as graph:
        sent = await graph.request_permission(NUMBER, CUSTOMER_PHONE, "Podemos ligar para você sobre o pedido 84213?")
    (asked,) = server.asked
    assert asked.path == f"/v25.0/{NUMBER}/messages"
    assert asked.body == content("request_permission_request_interactive.json")
    assert sent.message_id == content("response_message_sent.json")["messages"][0]["id"]
    assert (sent.sent_to.phone, sent.sent_to.bsuid) == (CUSTOMER_PHONE, None)
    assert CUSTOMER_PHONE.value not in repr(sent)
    assert sent.message_id not in repr(sent)


async def test_a_message_to_a_scoped_id_tells_both_names() -> None:
    server = said("response_message_sent_bsuid.json")
    async with server.api() as graph:
        sent = await graph.request_permission(NUMBER, CUSTOMER_BSUID, "Podemos ligar para você sobre o pedido 84213?")
    assert server.asked[0].body == content("request_permission_request_interactive_bsuid.json")
    assert (sent.sent_to.bsuid, sent.messages[0].message_status) == (CUSTOMER_BSUID, "accepted")


async def test_templates_and_buttons_are_sent_as_the_reference_writes_them() -> None:
    server = said("response_message_sent.json")
    async with server.api() as graph:
        texts = [text_parameters("header", ["84213"]), text_parameters("body", ["Maria", "84213"])]
        await graph.send_template(NUMBER, CUSTOMER_PHONE, "pedido_ligacao_v1", "pt_BR", texts)
        button = [call_button_parameters(1440, BUTTON)]
        await graph.send_template(NUMBER, CUSTOMER_PHONE, "botao_ligar_v1", "pt_BR", button)
        await graph.send_call_button(
            NUMBER,
            CUSTOMER_PHONE,
            "Fale com a nossa equipe agora pelo WhatsApp.",
            label="Ligar agora",
            ttl_minutes=1440,
            button_payload=BUTTON,
        )
    assert [asked.body for asked in server.asked] == [
        content("request_permission_template_send.json"),
        content("request_voice_call_template_send.json"),
        content("request_voice_call_interactive.json"),
    ]


@pytest.mark.parametrize("trouble", [Answer(breaks=True), Answer(502, b"<html>")])
async def test_a_message_is_never_sent_twice(trouble: Answer) -> None:
    server = GraphServer(trouble)
    async with server.api() as graph:
        with pytest.raises(NeighbourError):
            await graph.request_permission(NUMBER, CUSTOMER_PHONE)
    assert len(server.asked) == 1


async def test_a_template_is_created_at_the_account() -> None:
    server = said("response_template_create.json")
    request = content("request_permission_template_create.json")
    async with server.api() as graph:
        created = await graph.create_template(
            NUMBER, WABA, request["name"], request["language"], request["category"], request["components"]
        )
    assert (created.id, created.status, created.category) == ("1784500000000777", "PENDING", "UTILITY")
    assert (server.asked[0].path, server.asked[0].body) == (f"/v25.0/{WABA}/message_templates", request)


def templates_page(name: str, kind: str, **paging: object) -> Answer:
    one = {"name": name, "language": "pt_BR", "status": "APPROVED", "components": [{"type": "BODY"}, {"type": kind}]}
    return Answer(200, json.dumps({"data": [one], "paging": paging}).encode())


async def test_templates_are_listed_page_by_page_and_say_whether_they_ask() -> None:
    first = templates_page("a", "CALL_PERMISSION_REQUEST", cursors={"after": "MTAw"}, next="https://graph/next")
    server = GraphServer(last=templates_page("b", "BUTTONS", cursors={"after": "MjAw"}), answers=[first])
    async with server.api() as graph:
        found = await graph.templates(NUMBER, WABA)
    assert [(one.name, one.asks_permission) for one in found] == [("a", True), ("b", False)]
    assert [asked.query.get("after") for asked in server.asked] == [None, "MTAw"]


async def test_an_account_that_always_has_a_next_page_is_not_read_for_ever() -> None:
    server = GraphServer()
    server.last = templates_page("a", "BODY", cursors={"after": "MTAw"}, next="https://graph/next")
    async with server.api() as graph:
        await graph.templates(NUMBER, WABA)
    assert len(server.asked) == TEMPLATE_PAGES


# ---- settings and numbers --------------------------------------------------------------------------------------------


async def test_settings_are_typed_where_it_matters_and_whole_otherwise() -> None:
    server = said("response_settings_get.json")
    async with server.api() as graph:
        found = await graph.settings(NUMBER)
    assert server.asked[0].path == f"/v25.0/{NUMBER}/settings"
    assert server.asked[0].query == {}
    assert (found.status, found.callback_permission_status, found.sip.status) == ("ENABLED", "ENABLED", "DISABLED")
    assert found.restrictions.restrictions_list == []
    assert found.raw == content("response_settings_get.json")["calling"]


async def test_a_restriction_says_until_when() -> None:
    async with said("response_settings_get_restricted.json").api() as graph:
        (restriction,) = (await graph.settings(NUMBER)).restrictions.restrictions_list
    assert restriction.type == "RESTRICTED_BUSINESS_INITIATED_CALLING"
    assert restriction.expires_at == unix(1790604800)


async def test_sip_credentials_come_only_when_asked_for_and_print_nowhere() -> None:
    server = said("response_settings_get_sip_credentials.json")
    async with server.api() as graph:
        found = await graph.settings(NUMBER, include_sip_credentials=True)
    assert server.asked[0].query == {"include_sip_credentials": "true"}
    assert found.raw["sip"]["servers"][0]["sip_user_password"] == "SENHA-DE-EXEMPLO"
    assert "SENHA-DE-EXEMPLO" not in repr(found)


SETTINGS = [entry["file"] for entry in INDEX["files"] if entry["file"].startswith("request_settings_")]


@pytest.mark.parametrize("file", SETTINGS)
async def test_settings_are_changed_by_the_keys_that_are_given(file: str) -> None:
    server = said("response_settings_success.json")
    async with server.api() as graph:
        await graph.update_settings(NUMBER, content(file)["calling"])
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", f"/v25.0/{NUMBER}/settings")
    assert asked.body == content(file)


async def test_a_number_tells_its_tier_and_health() -> None:
    answer = (
        b'{"id": "1", "display_phone_number": "+55 11 3333-0000", "verified_name": "Loja", "quality_rating": "GREEN",'
        b' "messaging_limit_tier": "TIER_10K", "health_status": {"can_send_message": "AVAILABLE", "entities":'
        b' [{"entity_type": "PHONE_NUMBER", "can_receive_call_sip": "LIMITED"}]}}'
    )
    server = GraphServer(Answer(200, answer))
    async with server.api() as graph:
        found = await graph.phone_number(NUMBER)
    assert "health_status" in server.asked[0].query["fields"]
    assert (found.messaging_limit_tier, found.quality_rating) == ("TIER_10K", "GREEN")
    assert found.health_status.entities[0]["can_receive_call_sip"] == "LIMITED"
    assert "3333-0000" not in repr(found)


async def test_an_app_is_subscribed_at_the_account() -> None:
    server = said("response_settings_success.json")
    async with server.api() as graph:
        await graph.subscribe_app(NUMBER, WABA)
    (asked,) = server.asked
    assert (asked.method, asked.path, asked.raw) == ("POST", f"/v25.0/{WABA}/subscribed_apps", b"")


async def test_analytics_come_as_points_in_time() -> None:
    server = said("response_call_analytics.json")
    async with server.api() as graph:
        found = await graph.call_analytics(
            NUMBER, WABA, unix(1789913600), unix(1790000000), "DAILY", directions=["BUSINESS_INITIATED"]
        )
    path = next(entry["path"] for entry in INDEX["files"] if entry["file"] == "response_call_analytics.json")
    assert f"{server.asked[0].path}?fields={server.asked[0].query['fields']}" == path
    (point,) = found.data_points
    assert (point.start, point.end) == (unix(1789913600), unix(1790000000))
    assert (point.count, point.cost, point.average_duration_s) == (35, 0.47795, 106)


# ---- media -----------------------------------------------------------------------------------------------------------


async def test_a_greeting_is_uploaded_with_its_use() -> None:
    server = GraphServer(Answer(200, b'{"id": "1784500000000104"}'))
    async with server.api() as graph:
        media_id = await graph.upload_media(NUMBER, b"OggS...", "audio/ogg", use_case="call_voicemail_announcement")
    (asked,) = server.asked
    assert (asked.path, media_id) == (f"/v25.0/{NUMBER}/media", "1784500000000104")
    for part in (b"OggS...", b"audio/ogg", b"whatsapp", b"call_voicemail_announcement"):
        assert part in asked.raw


async def test_a_file_of_metas_has_an_address_for_five_minutes() -> None:
    answer = (
        b'{"url": "https://lookaside.example/x?mid=1", "mime_type": "audio/ogg", "sha256": "y0G=", "file_size": "9"}'
    )
    server = GraphServer(Answer(200, answer))
    async with server.api() as graph:
        found = await graph.media_file(NUMBER, "1784500000000101")
    assert server.asked[0].path == "/v25.0/1784500000000101"
    assert server.asked[0].token == f"Bearer {TOKEN.value}"
    assert (found.url, found.file_size) == ("https://lookaside.example/x?mid=1", 9)
    assert "lookaside" not in repr(found)


async def test_a_look_up_is_repeated_while_meta_is_unwell() -> None:
    server = said("response_settings_get.json")
    server.answers = [Answer(503, b""), Answer(breaks=True)]
    async with server.api() as graph:
        await graph.settings(NUMBER)
    assert len(server.asked) == 3
