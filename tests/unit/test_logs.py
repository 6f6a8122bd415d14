import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.logs import CHATTY_LIBRARIES, OurHandler, configure_logs
from gateway.redaction import LONGEST_TEXT_CHARS, MARK, redact, redact_text
from gateway.settings import LogFormat, LogLevel
from signaling.private import PhoneNumber, Sdp, Token, Wacid

CALL_ID = "0a4f1123456789bcde0a4f1123456789"

SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\na=ice-ufrag:Wq3x\r\na=ice-pwd:6UT4bVdTnrXgJ2ad3sWZkx\r\n"


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    levels = {name: logging.getLogger(name).level for name in (None, *CHATTY_LIBRARIES)}
    hook, config = sys.excepthook, structlog.get_config()
    stream = io.StringIO()
    configure_logs(LogLevel.DEBUG, LogFormat.JSON, ["literal-secret-of-settings"], stream)
    yield stream
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, OurHandler)]:
        root.removeHandler(handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(False)
    sys.excepthook = hook
    structlog.configure(**config)


def lines(out: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_time_level_logger_and_fields(out: io.StringIO) -> None:
    structlog.get_logger("signaling.runner").info("call_state", call_id=CALL_ID, state="ringing", agents=3)
    (line,) = lines(out)
    assert line.pop("timestamp")
    assert line == {
        "event": "call_state",
        "level": "info",
        "logger": "signaling.runner",
        "call_id": CALL_ID,
        "state": "ringing",
        "agents": 3,
    }


def test_private_values_print_as_a_mark_at_every_depth(out: io.StringIO) -> None:
    structlog.get_logger().info(
        "x", who=PhoneNumber("5511955550101"), some=[Wacid("wacid.HBg")], more={"a": (Sdp("v=0"), {"b": Token("t")})}
    )
    (line,) = lines(out)
    assert (line["who"], line["some"], line["more"]) == (MARK, [MARK], {"a": [MARK, {"b": MARK}]})


def test_a_value_under_a_secret_name_is_hidden_whatever_it_looks_like(out: io.StringIO) -> None:
    structlog.get_logger().info("x", password="abc", meta_token="short", offer_sdp="m=audio", phone=12, cookie=None)
    (line,) = lines(out)
    assert [line[key] for key in ("password", "meta_token", "offer_sdp", "phone", "cookie")] == [MARK] * 4 + [None]


def test_secrets_of_the_settings_are_hidden_wherever_they_stand(out: io.StringIO) -> None:
    structlog.get_logger().info("x", detail="before-literal-secret-of-settings-after")
    assert lines(out)[0]["detail"] == f"before-{MARK}-after"


def test_exceptions_and_their_causes_are_redacted_and_keep_their_frames(out: io.StringIO) -> None:
    try:
        try:
            raise ValueError("bad number 5511955550101")
        except ValueError as cause:
            raise RuntimeError(f"cannot parse {SDP!r}") from cause
    except RuntimeError:
        structlog.get_logger().exception("failed")
    text = str(lines(out)[0]["exception"])
    assert "test_exceptions_and_their_causes" in text
    assert "ValueError: bad number …" in text
    assert "RuntimeError: cannot parse '…" in text
    assert "6UT4bVdTnrXgJ2ad3sWZkx" not in out.getvalue()


def test_libraries_are_redacted_and_only_their_warnings_come_out(out: io.StringIO) -> None:
    for name in ("aioice.ice", "aiortc.rtcdtlstransport", "engineio.server", "sqlalchemy.engine.Engine"):
        logging.getLogger(name).info("chatter of %s", name)
        logging.getLogger(name).warning("%s refused %s", name, "wacid.HBgNNTUxMTk1NTU1MDEwMRUC")
    logging.getLogger("aiohttp.server").error("Error handling %r", {"from": "5511955550101"})
    assert "chatter" not in out.getvalue()
    assert [line["event"] for line in lines(out)] == [
        "aioice.ice refused …",
        "aiortc.rtcdtlstransport refused …",
        "engineio.server refused …",
        "sqlalchemy.engine.Engine refused …",
        "Error handling {'from': '…'}",
    ]


def test_an_uncaught_exception_is_a_redacted_line(out: io.StringIO) -> None:
    try:
        raise RuntimeError("Bearer EAAGm0PX4ZCpsBO")
    except RuntimeError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    (line,) = lines(out)
    assert (line["event"], line["level"]) == ("crashed", "critical")
    assert "EAAGm0PX4ZCpsBO" not in out.getvalue()


def test_the_console_format_is_redacted_and_shows_no_local_variables(out: io.StringIO) -> None:
    stream = io.StringIO()
    configure_logs(LogLevel.INFO, LogFormat.CONSOLE, (), stream)
    kept_in_a_local = "a-local-that-no-pattern-knows"
    try:
        raise ValueError("5511955550101")
    except ValueError:
        structlog.get_logger().exception("failed", n=len(kept_in_a_local))
    assert "ValueError: …" in stream.getvalue()
    assert "a-local-that-no-pattern-knows" not in stream.getvalue()
    assert out.getvalue() == ""  # configuring again replaces the handler


def test_the_level_is_obeyed(out: io.StringIO) -> None:
    stream = io.StringIO()
    configure_logs(LogLevel.WARNING, LogFormat.JSON, (), stream)
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud")
    assert [line["event"] for line in lines(stream)] == ["loud"]


@pytest.mark.parametrize(
    "text",
    [
        "wacid.HBgNNTUxMTk1NTU1MDEwMRUCABIYIDU4QjJBMjA1NUJCNTVCQ0I=",
        "wamid.HBgLMTQxNTU1NTAxMDEVAgARGBI%3D",
        "EAAGm0PX4ZCpsBAKZCZBxZD",
        "Bearer abc.def",
        "BR.10491208655302740001",
        "+55 11 95555-0101",
        "5511955550101",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
        SDP,
        SDP.replace("\r\n", "\n"),
        repr(SDP),
        "a=ice-pwd:6UT4bVdTnrXgJ2ad3sWZkx",
        "a=fingerprint:sha-256 19:E2:1C:3B:4B:9F:81:E6:B8:5C:F4:A5:A8:D8:73:04",
        "19:E2:1C:3B:4B:9F:81:E6:B8:5C:F4:A5:A8:D8:73:04",
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj",
        '{"access_token": "short"}',
        "RTCIceParameters(usernameFragment='Wq3x', password='6UT4bVdTnrXgJ2ad3sWZkx')",
        "ramal_session=abc; other=1",
        "/webhooks/meta?hub.verify_token=word&hub.challenge=1158201444",
    ],
)
def test_these_do_not_come_out(text: str) -> None:
    printed = redact_text(f"before {text} after")
    assert MARK in printed
    for secret in ("HBg", "GmVCs", "m0PX4", "abc", "1049", "9555", "0101", "eyJ", "6UT4", "Wq3x", "19:E2", "d0Rm"):
        assert secret not in printed
    assert "short" not in printed
    assert "=word" not in printed


@pytest.mark.parametrize(
    "text",
    [
        "call_state ringing → talking",
        "2025-11-21T02:44:00.123456Z",
        "+55 11 ••••• 0101",
        "meta.138006: no permission",
        "port 40000 of 40000-44999 is taken",
        "GET /api/v1/calls/{call_id} 200",
    ],
)
def test_what_is_not_private_is_left_alone(text: str) -> None:
    assert redact_text(text) == text


def test_only_a_whole_random_id_of_ours_may_hold_long_digit_runs() -> None:
    assert redact({"call_id": CALL_ID}) == {"call_id": CALL_ID}
    assert redact({"call_id": "5" * 32}) == {"call_id": MARK}
    assert redact({"other": CALL_ID}) != {"other": CALL_ID}  # an app secret of Meta's looks the same


def test_a_very_long_text_is_cut_and_no_half_secret_stays_at_the_cut() -> None:
    phone = "5511955550101"
    printed = redact_text("x" * (LONGEST_TEXT_CHARS - 5) + phone)
    assert len(printed) < LONGEST_TEXT_CHARS
    assert "55119" not in printed


# ---- whatever surrounds them, and wherever they are ------------------------------------------------------------------

BASE64 = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", min_size=20, max_size=60)
DIGITS = st.text("0123456789", min_size=8, max_size=15)
HEX = st.lists(st.text("0123456789ABCDEF", min_size=2, max_size=2), min_size=32, max_size=32).map(":".join)
ALPHANUMERIC = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", min_size=22, max_size=60)

SECRETS: st.SearchStrategy[tuple[str, str]] = st.one_of(
    BASE64.map(lambda body: (f"wacid.{body}", body)),
    BASE64.map(lambda body: (f"wamid.{body}", body)),
    ALPHANUMERIC.map(lambda body: (f"EAA{body}", body)),
    ALPHANUMERIC.map(lambda body: (f"Bearer {body}", body)),
    DIGITS.map(lambda body: (body, body)),
    ALPHANUMERIC.map(lambda body: (f"a=ice-pwd:{body}", body)),
    HEX.map(lambda body: (f"a=fingerprint:sha-256 {body}", body)),
    ALPHANUMERIC.map(lambda body: (f"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns={body}\r\n", body)),
)
"""What is embedded, and the part of it that must not be seen."""


def embedded(text: str) -> st.SearchStrategy[object]:
    """Something loggable with `text` somewhere inside."""
    bare = st.sampled_from([text, text.encode(), ValueError(text), {text: 1}, Exception([text])])
    return st.recursive(
        bare,
        lambda inner: st.one_of(
            inner.map(lambda value: [1, value]),
            inner.map(lambda value: {"key": value}),
            inner.map(lambda value: (None, value)),
        ),
        max_leaves=4,
    )


@given(st.data(), SECRETS, st.text(max_size=30), st.text(max_size=30))
def test_a_secret_never_comes_out_wherever_in_an_event_it_is(
    data: st.DataObject, secret: tuple[str, str], before: str, after: str
) -> None:
    whole, body = secret
    assume(body not in before + after)
    value = data.draw(embedded(f"{before}{whole}{after}"))
    key = data.draw(st.sampled_from(["event", "detail", "call_id", "exception", f"{before}{whole}"]))
    rendered = json.dumps(redact({key: value}), ensure_ascii=False)
    assert body not in rendered


@given(st.integers(min_value=10_000_000, max_value=10**15))
def test_a_number_long_enough_to_be_a_phone_does_not_come_out(number: int) -> None:
    assert redact({"count": number, "list": [-number]}) == {"count": MARK, "list": [MARK]}
