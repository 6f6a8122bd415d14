"""The call actions against a real HTTP server that refuses, delays, breaks off and talks nonsense."""

import asyncio
import socket
import traceback
from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from structlog.testing import capture_logs

from signaling.effects import AcceptCall, ConnectCall, CreateAnswer, Effect, PreAcceptCall, RejectCall, TerminateCall
from signaling.errors import Fault, NeighbourError
from signaling.events import CallAccepted, CallEvent, EndingConfirmed, PreAccepted
from signaling.ids import CallId, PhoneNumberId
from signaling.meta.graph_api import GraphApi, Patiences
from signaling.meta.graph_errors import ConnectUnclear, GraphError, GraphUnreachable
from signaling.meta.graph_requests import CallOptions
from signaling.meta.graph_transport import ANSWER_LIMIT_BYTES, Patience
from signaling.meta.performers import meta_performers
from signaling.private import Sdp, Token
from tests.fakes.graph_server import TOKEN, Answer, GraphServer
from tests.unit.meta.payloads import (
    CUSTOMER_BSUID,
    CUSTOMER_PHONE,
    INBOUND_WACID,
    INDEX,
    NUMBER,
    OPAQUE,
    OUTBOUND_WACID,
    after,
    body,
    content,
    private_words,
)

ANSWER = Sdp(content("request_calls_accept.json")["session"]["sdp"])
OFFER = Sdp(content("request_calls_connect.json")["session"]["sdp"])
ERROR_FILES = {
    entry["file"]: entry["http_status"] for entry in INDEX["files"] if entry["file"].startswith("response_error_")
}

Action = Callable[[GraphApi], Awaitable[object]]
ACTIONS: dict[str, Action] = {
    "pre_accept": lambda graph: graph.pre_accept(NUMBER, INBOUND_WACID, ANSWER),
    "accept": lambda graph: graph.accept(NUMBER, INBOUND_WACID, ANSWER, CallOptions(OPAQUE)),
    "reject": lambda graph: graph.reject(NUMBER, INBOUND_WACID),
    "terminate": lambda graph: graph.terminate(NUMBER, INBOUND_WACID),
}


async def connect(graph: GraphApi) -> object:
    return await graph.connect(NUMBER, CUSTOMER_PHONE, OFFER, CallOptions(OPAQUE))


def said(file: str, status: int = 200) -> Answer:
    return Answer(status, body(file))


PROXY_PAGE = Answer(502, b"<html>Bad gateway</html>", {"Content-Type": "text/html"})
BROKEN_LINE = Answer(breaks=True)
HANGING = Answer(hangs=True)
NONSENSE = Answer(200, b"<html>Sign in to this hotel's network</html>", {"Content-Type": "text/html"})
OVER = Answer(400, b'{"error":{"code":100,"error_data":{"details":"The call has already been completed or failed"}}}')
UNDER_WAY = Answer(400, b'{"error":{"code":100,"error_data":{"details":"Accept or reject is already in progress"}}}')


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("file", ["response_calls_success.json", "response_calls_success_minimal.json"])
async def test_an_action_is_asked_as_the_reference_writes_it(action: str, file: str) -> None:
    server = GraphServer(said(file))
    async with server.api() as graph:
        await ACTIONS[action](graph)
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", f"/v25.0/{NUMBER}/calls")
    assert asked.token == f"Bearer {TOKEN.value}"
    assert asked.body == content(f"request_calls_{action}.json")


@pytest.mark.parametrize("action", ACTIONS)
async def test_a_200_that_says_success_false_is_a_failure(action: str) -> None:
    server = GraphServer(said("response_calls_success_false.json"))
    async with server.api() as graph:
        with pytest.raises(GraphError) as caught:
            await ACTIONS[action](graph)
    assert caught.value.failure.code == "meta.success_false"
    assert len(server.asked) == 1


@pytest.mark.parametrize("file", ERROR_FILES)
@pytest.mark.parametrize("action", ["pre_accept", "terminate", "connect"])
async def test_each_refusal_of_the_catalogue_becomes_its_typed_error(action: str, file: str) -> None:
    server = GraphServer(said(file, ERROR_FILES[file]))
    async with server.api() as graph:
        with pytest.raises(GraphError) as caught:
            await (ACTIONS | {"connect": connect})[action](graph)
    assert caught.value.code == content(file)["error"]["code"]
    repeated_once = caught.value.code == 138004 and action != "connect"
    assert len(server.asked) == (2 if repeated_once else 1)


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("trouble", [PROXY_PAGE, BROKEN_LINE])
async def test_a_safe_action_is_repeated_in_the_same_words_until_meta_hears_it(action: str, trouble: Answer) -> None:
    server = GraphServer(answers=[trouble, trouble])
    async with server.api() as graph:
        await ACTIONS[action](graph)
    assert len(server.asked) == 3
    assert len({asked.raw for asked in server.asked}) == 1
    assert len(server.slept_s) == 2
    assert all(seconds > 0 for seconds in server.slept_s)


@pytest.mark.parametrize("action", ACTIONS)
async def test_an_action_is_given_up_after_as_many_attempts_as_patience_allows(action: str) -> None:
    server = GraphServer(PROXY_PAGE)
    async with server.api() as graph:
        with pytest.raises(GraphError) as caught:
            await ACTIONS[action](graph)
    assert (caught.value.failure.code, caught.value.failure.fault) == ("meta.http_502", Fault.META)
    assert len(server.asked) == 4


async def test_an_attempt_without_an_answer_is_cut_short_and_repeated() -> None:
    impatient = Patiences(ending=Patience(attempt_s=0.05, total_s=60.0, attempts=3))
    server = GraphServer(answers=[HANGING, HANGING])
    async with server.api(impatient) as graph:
        await graph.terminate(NUMBER, INBOUND_WACID)
    assert len(server.asked) == 3


async def test_the_whole_request_is_cut_short_when_its_time_is_over() -> None:
    impatient = Patiences(answering=Patience(attempt_s=60.0, total_s=0.05, attempts=100))
    server = GraphServer(HANGING)
    async with server.api(impatient) as graph:
        with pytest.raises(GraphUnreachable) as caught:
            await graph.accept(NUMBER, INBOUND_WACID, ANSWER)
    assert (caught.value.failure.code, caught.value.failure.fault) == ("network.timeout", Fault.NETWORK)


@pytest.mark.parametrize("action", ["reject", "terminate"])
async def test_ending_a_call_that_is_over_is_a_success(action: str) -> None:
    server = GraphServer(OVER)
    async with server.api() as graph:
        await ACTIONS[action](graph)
    assert len(server.asked) == 1


@pytest.mark.parametrize("action", ["pre_accept", "accept"])
async def test_answering_a_call_that_is_over_is_a_failure(action: str) -> None:
    async with GraphServer(OVER).api() as graph:
        with pytest.raises(GraphError):
            await ACTIONS[action](graph)


@pytest.mark.parametrize("action", ACTIONS)
async def test_a_repetition_that_is_refused_because_the_first_attempt_worked_is_a_success(action: str) -> None:
    server = GraphServer(UNDER_WAY, answers=[BROKEN_LINE])
    async with server.api() as graph:
        await ACTIONS[action](graph)
    assert len(server.asked) == 2


@pytest.mark.parametrize("action", ACTIONS)
async def test_a_first_attempt_that_meets_another_one_under_way_is_a_failure(action: str) -> None:
    async with GraphServer(UNDER_WAY).api() as graph:
        with pytest.raises(GraphError):
            await ACTIONS[action](graph)


@pytest.mark.parametrize(
    "answer",
    [
        NONSENSE,
        Answer(200, b""),
        Answer(200, b"[]"),
        Answer(200, b"{}"),
        Answer(200, b"\xff"),
        Answer(200, b"[" * 90_000),
        Answer(200, b'{"success": true, "x": "%s"}' % (b"x" * ANSWER_LIMIT_BYTES)),
    ],
)
async def test_an_answer_that_cannot_be_read_is_no_success(answer: Answer) -> None:
    async with GraphServer(answer).api() as graph:
        with pytest.raises(GraphError) as caught:
            await graph.accept(NUMBER, INBOUND_WACID, ANSWER)
    assert caught.value.failure.code == "meta.bad_answer"


async def test_an_error_in_a_200_is_an_error() -> None:
    async with GraphServer(said("response_error_138000_not_enabled.json")).api() as graph:
        with pytest.raises(GraphError) as caught:
            await graph.accept(NUMBER, INBOUND_WACID, ANSWER)
    assert caught.value.code == 138000


async def test_a_redirect_does_not_carry_the_token_elsewhere() -> None:
    server = GraphServer(Answer(307, b"", {"Location": "/elsewhere"}))
    async with server.api() as graph:
        with pytest.raises(GraphError) as caught:
            await graph.accept(NUMBER, INBOUND_WACID, ANSWER)
    assert caught.value.failure.code == "meta.http_307"
    assert [asked.path for asked in server.asked] == [f"/v25.0/{NUMBER}/calls"]


@pytest.mark.parametrize("file", ["response_calls_connect.json", "response_calls_connect_with_success.json"])
async def test_a_started_call_has_metas_id(file: str) -> None:
    server = GraphServer(said(file))
    async with server.api() as graph:
        assert await connect(graph) == OUTBOUND_WACID
        await graph.connect(NUMBER, CUSTOMER_BSUID, OFFER, CallOptions(OPAQUE))
    assert [asked.body for asked in server.asked] == [
        content("request_calls_connect.json"),
        content("request_calls_connect_bsuid.json"),
    ]


@pytest.mark.parametrize(
    "answer", [BROKEN_LINE, PROXY_PAGE, NONSENSE, HANGING, Answer(200, b"{}"), Answer(200, b'{"calls": []}')]
)
async def test_a_connect_that_may_have_made_a_call_is_unclear_and_never_repeated(answer: Answer) -> None:
    server = GraphServer(answer)
    async with server.api(Patiences(once=Patience(attempt_s=0.2, total_s=0.2, attempts=1))) as graph:
        with pytest.raises(ConnectUnclear):
            await connect(graph)
    assert len(server.asked) == 1


async def test_a_connect_that_meta_declined_is_not_unclear() -> None:
    async with GraphServer(said("response_calls_success_false.json")).api() as graph:
        with pytest.raises(GraphError) as caught:
            await connect(graph)
    assert caught.value.failure.code == "meta.success_false"


async def graph_at_a_closed_port(session: aiohttp.ClientSession) -> GraphApi:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    async def token_of(_: PhoneNumberId) -> Token:
        return TOKEN

    async def no_rest(_: float) -> None:
        return None

    return GraphApi(session, f"http://127.0.0.1:{port}", "v25.0", token_of, lambda: after(0), sleep=no_rest)


async def test_a_connect_that_never_left_us_is_simply_a_failure() -> None:
    async with aiohttp.ClientSession() as session:
        graph = await graph_at_a_closed_port(session)
        with pytest.raises(GraphUnreachable) as caught:
            await connect(graph)
        assert caught.value.failure.code == "network.unreachable"
        with pytest.raises(GraphUnreachable):
            await graph.terminate(NUMBER, INBOUND_WACID)


@pytest.mark.parametrize("token", ["", "with space", "line\r\nX-Injected: 1", "é"])
async def test_a_token_that_cannot_be_one_is_never_sent(token: str) -> None:
    server = GraphServer()
    async with server.api(token=Token(token)) as graph:
        with pytest.raises(NeighbourError) as caught:
            await graph.accept(NUMBER, INBOUND_WACID, ANSWER)
    assert caught.value.failure.code == "meta.bad_token"
    assert server.asked == []


@pytest.mark.parametrize("number", ["", "..", "1/2", "1?x=1", "1#", "%2e"])
async def test_an_id_that_would_bend_the_path_is_never_sent(number: str) -> None:
    server = GraphServer()
    async with server.api() as graph:
        with pytest.raises(NeighbourError) as caught:
            await graph.accept(PhoneNumberId(number), INBOUND_WACID, ANSWER)
    assert caught.value.failure.code == "meta.bad_id"
    assert server.asked == []


async def test_who_stops_waiting_is_not_made_to_wait_for_repetitions() -> None:
    server = GraphServer(HANGING)
    async with server.api() as graph:
        waiting = asyncio.create_task(graph.terminate(NUMBER, INBOUND_WACID))
        while not server.asked:
            await asyncio.wait([waiting], timeout=0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting


QUOTING = Answer(
    400,
    b'{"error":{"code":100,"message":"5511955550101 EAAGtoken-of-the-number","error_data":{"details":"wacid.HBgN"}}}',
)


@pytest.mark.parametrize("answer", [QUOTING, PROXY_PAGE, NONSENSE, BROKEN_LINE, HANGING, OVER])
async def test_neither_errors_nor_logs_tell_anything_about_a_person(answer: Answer) -> None:
    brief = Patience(attempt_s=0.1, total_s=0.1, attempts=2)
    server = GraphServer(answer)
    with capture_logs() as logs:
        async with server.api(Patiences(answering=brief, once=brief)) as graph:
            for act in (ACTIONS["accept"], connect):
                with pytest.raises(NeighbourError) as caught:
                    await act(graph)
                error = caught.value
                told = f"{error!r} {error.failure} {''.join(traceback.format_exception(error))} {logs}"
                assert not {word for word in private_words() | {TOKEN.value} if word in told}


CALL = CallId("0" * 32)
PERFORMED: list[tuple[Effect, CallEvent]] = [
    (PreAcceptCall(CALL, NUMBER, INBOUND_WACID, ANSWER), PreAccepted()),
    (AcceptCall(CALL, NUMBER, INBOUND_WACID, ANSWER), CallAccepted()),
    (RejectCall(CALL, NUMBER, INBOUND_WACID), EndingConfirmed()),
    (TerminateCall(CALL, NUMBER, INBOUND_WACID), EndingConfirmed()),
]


@pytest.mark.parametrize(("effect", "event"), PERFORMED)
async def test_an_effect_is_performed_at_meta_and_reported(effect: Effect, event: CallEvent) -> None:
    server, reported = GraphServer(), list[CallEvent]()
    async with server.api() as graph:
        await meta_performers(graph)[type(effect)](effect, reported.append)
    assert reported == [event]
    assert len(server.asked) == 1


@pytest.mark.parametrize(("effect", "event"), PERFORMED)
async def test_an_effect_that_fails_reports_nothing_and_raises_what_the_runner_turns_into_an_event(
    effect: Effect, event: CallEvent
) -> None:
    server, reported = GraphServer(said("response_error_190_token_expired.json", 401)), list[CallEvent]()
    async with server.api() as graph:
        with pytest.raises(NeighbourError) as caught:
            await meta_performers(graph)[type(effect)](effect, reported.append)
    assert caught.value.failure.code == "meta.190"
    assert reported == []


async def test_no_other_effect_is_performed_at_meta() -> None:
    async with GraphServer().api() as graph:
        performers = meta_performers(graph)
        assert set(performers) == {ConnectCall, PreAcceptCall, AcceptCall, RejectCall, TerminateCall}
        with pytest.raises(AssertionError):
            await performers[AcceptCall](CreateAnswer(CALL, OFFER), print)
