"""The environment, read once into one frozen `Settings`. `docs/settings.md` has a line for each (a test looks).

Every value comes from `RAMAL_<NAME>` or from a `.env` file; the environment wins. Secrets print as `…`.
"""

import base64
import ipaddress
import re
import ssl
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, PlainValidator, ValidationError, field_serializer
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway.guarded_http import read_hosts
from gateway.mail import Security
from gateway.media.planes import MOST_THREADS, PlaneChoice
from gateway.setting_examples import EXAMPLES
from recording.engine_choice import SummaryChoice, TranscriptionChoice
from recording.sealing import read_master_keys
from signaling.private import Private, Token

PREFIX = "RAMAL_"
SECRET_KEY_MIN_CHARS = 32
LONGEST_SESSION_HOURS = 24 * 7


class SettingsError(Exception):
    """What is wrong with the environment, in words an operator can act on. Never holds a value that was given."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n- ".join(("The gateway cannot start with these settings:", *problems)))
        self.problems = problems


class AgentsSee(StrEnum):
    """Which calls and contacts agents see. Supervisors see all contacts and the calls of their departments, or with
    ALL all of them; administrators everything."""

    OWN = "own"
    MISSED = "missed"  # their own, and what their departments missed; contacts of their departments
    DEPARTMENT = "department"
    ALL = "all"


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    AUTO = "auto"  # console on a terminal, else JSON
    JSON = "json"
    CONSOLE = "console"


class Listen(NamedTuple):
    """Where HTTP is served. Port 0: any free one."""

    host: str
    port: int


IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network


# ---- one reader per shape; each raises ValueError in words that follow the variable's name --------------------------


def read_listen(value: object) -> Listen:
    if isinstance(value, Listen):
        return value
    host, colon, port = str(value).rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError("must be host:port with a port from 0 to 65535")
    return Listen(host, int(port))


def read_ports(value: object) -> range:
    """`40000-44999` → `range(40000, 45000)`. `0-0` means any free port."""
    if isinstance(value, range):
        return value
    first, dash, last = str(value).partition("-")
    if not (dash and first.isascii() and first.isdigit() and last.isascii() and last.isdigit()):
        raise ValueError("must be two ports with a dash between them")
    if not (int(first) <= int(last) <= 65535) or (int(first) == 0 and int(last) != 0):
        raise ValueError("must go from a lower to a higher port, 1 to 65535 (or 0-0: any free port)")
    return range(int(first), int(last) + 1)


def read_zone(value: object) -> str | None:
    """None stays None. A name of the IANA database, such as `America/Sao_Paulo`."""
    if value is None:
        return None
    try:
        return ZoneInfo(str(value)).key
    except (ZoneInfoNotFoundError, ValueError, OSError):  # unknown, no name at all, a folder of zones
        raise ValueError("must be a time zone of the IANA database, such as America/Sao_Paulo") from None


def read_origin(value: object) -> str:
    """Scheme, host and port, as browsers write an Origin: lower case, no default port, no path."""
    parts = urlsplit(str(value))
    try:
        port = parts.port
    except ValueError:
        raise ValueError("has a port that is not a number from 0 to 65535") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must begin with http:// or https:// and name a host")
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username is not None:
        raise ValueError("must have no path, no query and no user name")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default_port = 80 if parts.scheme == "http" else 443
    return f"{parts.scheme}://{host}" + ("" if port in (None, default_port) else f":{port}")


def read_origins(value: object) -> tuple[str, ...]:
    """Sites that may show our panel in a frame. Each is named in full: no wildcard, and nothing that could end the
    header it is written into. A page that came over plain HTTP could be anybody's, but for one of this machine."""
    if isinstance(value, tuple):
        return value
    origins = dict.fromkeys(read_origin(item) for item in read_list(value))
    for origin in origins:
        parts = urlsplit(origin)
        if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", parts.hostname or ""):
            raise ValueError("must name hosts in full: letters, digits, dots and dashes (other scripts as xn--…)")
        if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1"):
            raise ValueError("must begin with https:// (http:// only at localhost)")
    return tuple(origins)


def read_http_url(value: object) -> str:
    parts = urlsplit(str(value))
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an http:// or https:// address without a query")
    return str(value).rstrip("/")


def read_optional_http_url(value: object) -> str | None:
    return None if value is None or not str(value).strip() else read_http_url(value)


def read_signing_secret(value: object) -> Token | None:
    """As subscriptions to events have it: `whsec_` and at least 24 random bytes in base64 (Standard Webhooks)."""
    token = read_token(value)
    if token is None:
        return None
    try:
        key = base64.b64decode(token.value.removeprefix("whsec_"), validate=True)
    except ValueError:
        key = b""
    if not token.value.startswith("whsec_") or len(key) < 24:
        raise ValueError("must be whsec_ and at least 24 random bytes in base64")
    return token


def read_address(value: object) -> str:
    try:
        return str(ipaddress.ip_address(str(value)))
    except ValueError:
        raise ValueError("must be an IP address, not a name") from None


def read_private(value: object) -> Private | None:
    if value is None or isinstance(value, Private):
        return value
    return Private(str(value).strip()) if str(value).strip() else None


def read_database_url(value: object) -> Private:
    url = read_private(value)
    if url is None or not url.value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise ValueError("must begin with postgresql:// or sqlite:///")
    return url


def read_token(value: object) -> Token | None:
    if value is None or isinstance(value, Token):
        return value
    return Token(str(value).strip()) if str(value).strip() else None


def read_recording_keys(value: object) -> Token | None:
    token = read_token(value)
    if token is not None:
        try:
            read_master_keys(token.value)
        except ValueError:
            raise ValueError(
                "must be keys with commas between them, each a name, a colon, 32 bytes in base64"
            ) from None
    return token


def read_language(value: object) -> str | None:
    if value is None or not str(value).strip():
        return None
    if not re.fullmatch(r"[a-z]{2,3}", str(value).strip()):
        raise ValueError("must be a language's code, two or three small letters")
    return str(value).strip()


def read_list(value: object) -> list[str]:
    return [item.strip() for item in str(value).split(",") if item.strip()]


def read_tokens(value: object) -> tuple[Token, ...]:
    return value if isinstance(value, tuple) else tuple(Token(item) for item in read_list(value))


def read_secret_keys(value: object) -> tuple[Token, ...]:
    keys = read_tokens(value)
    if not keys:
        raise ValueError("must not be empty")
    if any(len(key.value) < SECRET_KEY_MIN_CHARS for key in keys):
        raise ValueError(f"must have at least {SECRET_KEY_MIN_CHARS} characters in each key")
    return keys


def read_graph_version(value: object) -> str:
    if not re.fullmatch(r"v[0-9]{1,3}\.[0-9]{1,2}", str(value)):
        raise ValueError("must be a version of Meta's Graph API")
    return str(value)


def read_networks(value: object) -> tuple[IpNetwork, ...]:
    if isinstance(value, tuple):
        return value
    try:
        return tuple(ipaddress.ip_network(item) for item in read_list(value))
    except ValueError:
        raise ValueError("must be IP addresses or networks with commas between them") from None


def read_host_names(value: object) -> frozenset[str]:
    return value if isinstance(value, frozenset) else read_hosts(read_list(value))


def read_optional_host(value: object) -> str | None:
    text = "" if value is None else str(value).strip()
    if not text:
        return None
    (host,) = read_hosts([text])
    return host


def read_sender(value: object) -> str | None:
    text = "" if value is None else str(value).strip()
    if text and not re.fullmatch(r"[\x21-\x3f\x41-\x7e]{1,64}@[A-Za-z0-9.-]{1,253}", text):
        raise ValueError("must be an e-mail address without a name")
    return text or None


def read_certificates(value: object) -> Path | None:
    text = "" if value is None else str(value).strip()
    if not text:
        return None
    try:
        ssl.create_default_context(cafile=text)
    except OSError:
        raise ValueError("must be a file with certificates (PEM) that can be read") from None
    return Path(text)


def read_turn_urls(value: object) -> tuple[str, ...]:
    urls = value if isinstance(value, tuple) else tuple(read_list(value))
    if not all(url.startswith(("turn:", "turns:")) for url in urls):
        raise ValueError("must be turn: or turns: addresses with commas between them")
    return urls


# ---- defaults that follow from other settings ------------------------------------------------------------------------


def default_database_url(given: dict[str, Any]) -> Private:
    data_dir: Path = given.get("data_dir", Path("data"))
    return Private(f"sqlite:///{data_dir / 'ramal.db'}")


def default_public_url(given: dict[str, Any]) -> str:
    listen: Listen = given.get("listen", DEFAULT_LISTEN)
    host = "127.0.0.1" if listen.host in ("0.0.0.0", "::") else listen.host  # noqa: S104 (compared, not bound)
    return read_origin(f"http://[{host}]:{listen.port}" if ":" in host else f"http://{host}:{listen.port}")


DEFAULT_LISTEN = Listen("127.0.0.1", 8080)


class Settings(BaseSettings):
    """All settings, typed. Use `Settings.load()`: the constructor's errors are not written for operators."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        enable_decoding=False,  # the readers above decide what a text means, not JSON
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    secret_key: Annotated[tuple[Token, ...], PlainValidator(read_secret_keys)]
    """Signs sessions and encrypts numbers' tokens. The first is used; the others are still accepted."""

    data_dir: Path = Path("data")
    database_url: Annotated[Private, PlainValidator(read_database_url)] = Field(default_factory=default_database_url)
    redis_url: Annotated[Private | None, PlainValidator(read_private)] = None

    listen: Annotated[Listen, PlainValidator(read_listen)] = DEFAULT_LISTEN
    public_url: Annotated[str, PlainValidator(read_origin)] = Field(default_factory=default_public_url)
    trusted_proxies: Annotated[tuple[IpNetwork, ...], PlainValidator(read_networks)] = ()
    session_hours: Annotated[float, Field(gt=0, le=LONGEST_SESSION_HOURS)] = 12.0
    embed_origins: Annotated[tuple[str, ...], PlainValidator(read_origins)] = ()

    media_address: Annotated[str, PlainValidator(read_address)] = "127.0.0.1"
    media_port: Annotated[int, Field(ge=0, le=65535)] = 10000
    meta_ports: Annotated[range, PlainValidator(read_ports)] = range(40000, 45000)
    plane: PlaneChoice = PlaneChoice.AUTO
    media_threads: Annotated[int | None, Field(ge=1, le=MOST_THREADS)] = None
    max_calls: Annotated[int | None, Field(ge=1)] = None
    max_cpu: Annotated[int, Field(ge=10, le=100)] = 95
    turn_urls: Annotated[tuple[str, ...], PlainValidator(read_turn_urls)] = ()
    turn_secret: Annotated[Token | None, PlainValidator(read_token)] = None

    graph_url: Annotated[str, PlainValidator(read_http_url)] = "https://graph.facebook.com"
    graph_version: Annotated[str, PlainValidator(read_graph_version)] = "v25.0"
    meta_app_secret: Annotated[tuple[Token, ...], PlainValidator(read_tokens)] = ()
    meta_verify_token: Annotated[Token | None, PlainValidator(read_token)] = None
    meta_token: Annotated[Token | None, PlainValidator(read_token)] = None

    time_zone: Annotated[str, PlainValidator(read_zone)] = "America/Sao_Paulo"
    agents_see: AgentsSee = AgentsSee.MISSED
    api_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = 600
    integration_hosts: Annotated[frozenset[str], PlainValidator(read_host_names)] = frozenset()
    integration_loopback: bool = False
    sticky_url: Annotated[str | None, PlainValidator(read_optional_http_url)] = None
    sticky_secret: Annotated[Token | None, PlainValidator(read_signing_secret)] = None
    sticky_timeout_s: Annotated[float, Field(gt=0, le=0.9)] = 0.8
    show_listening: bool = True
    push: bool = True
    push_hosts: Annotated[frozenset[str], PlainValidator(read_host_names)] = frozenset()
    events_timeout_s: Annotated[float, Field(gt=0, le=60)] = 10.0
    events_give_up_hours: Annotated[float, Field(gt=0, le=24 * 30)] = 72.0
    events_keep_days: Annotated[float, Field(gt=0, le=366)] = 30.0

    smtp_host: Annotated[str | None, PlainValidator(read_optional_host)] = None
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = 587
    smtp_security: Security = Security.STARTTLS
    smtp_user: str | None = None
    smtp_password: Annotated[Token | None, PlainValidator(read_token)] = None
    smtp_from: Annotated[str | None, PlainValidator(read_sender)] = None
    smtp_ca_file: Annotated[Path | None, PlainValidator(read_certificates)] = None
    smtp_timeout_s: Annotated[float, Field(gt=0, le=300)] = 30.0

    recordings_folder: Path | None = None
    recordings_bucket: str | None = None
    recordings_endpoint: Annotated[str | None, PlainValidator(read_optional_http_url)] = None
    recordings_region: str | None = None
    recordings_prefix: str = ""
    recordings_access_key: Annotated[Token | None, PlainValidator(read_token)] = None
    recordings_secret_key: Annotated[Token | None, PlainValidator(read_token)] = None
    recordings_keys: Annotated[Token | None, PlainValidator(read_recording_keys)] = None
    recordings_workers: Annotated[int, Field(ge=0, le=64)] = 1

    transcription: TranscriptionChoice = TranscriptionChoice.NONE
    transcription_url: Annotated[str | None, PlainValidator(read_optional_http_url)] = None
    transcription_key: Annotated[Token | None, PlainValidator(read_token)] = None
    transcription_model: str = "whisper-1"
    transcription_folder: Path | None = None
    transcription_language: Annotated[str | None, PlainValidator(read_language)] = None
    transcription_timeout_s: Annotated[float, Field(gt=0, le=7_200)] = 300.0
    transcription_piece_s: Annotated[float, Field(ge=30, le=3_600)] = 600.0
    transcription_limit_mb: Annotated[float, Field(ge=0.5, le=1_000)] = 25.0
    summary: SummaryChoice = SummaryChoice.KEY_SENTENCES
    summary_url: Annotated[str | None, PlainValidator(read_optional_http_url)] = None
    summary_key: Annotated[Token | None, PlainValidator(read_token)] = None
    summary_model: str | None = None
    summary_timeout_s: Annotated[float, Field(gt=0, le=3_600)] = 120.0
    summary_max_chars: Annotated[int, Field(ge=1_000, le=2_000_000)] = 60_000

    log_level: LogLevel = LogLevel.INFO
    log_format: LogFormat = LogFormat.AUTO

    @field_serializer(
        "secret_key",
        "database_url",
        "redis_url",
        "turn_secret",
        "meta_app_secret",
        "meta_verify_token",
        "meta_token",
        "sticky_secret",
        "smtp_password",
        "recordings_access_key",
        "recordings_secret_key",
        "recordings_keys",
        "transcription_key",
        "summary_key",
    )
    def hide(self, value: object) -> str:
        """A dump of the settings prints as little as they themselves do."""
        return str(value)

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def secrets(self) -> tuple[str, ...]:
        """The literal values that must never appear in a log."""
        single = (self.meta_verify_token, self.meta_token, self.turn_secret, self.sticky_secret)
        vault = (self.recordings_access_key, self.recordings_secret_key, self.recordings_keys)
        engines = (self.transcription_key, self.summary_key, self.smtp_password)
        tokens = (*self.secret_key, *self.meta_app_secret, *single, *vault, *engines)
        return tuple(token.value for token in tokens if token is not None)

    @classmethod
    def load(cls, env_file: Path | None = Path(".env"), **given: Any) -> Self:
        """Settings from the environment and `env_file` (None: no file); `given` wins over both.

        Raises SettingsError, which names each bad variable, what is wrong with it, and an example that works.
        """
        try:
            return cls(_env_file=env_file, **given)
        except ValidationError as error:
            wrong = [item for item in error.errors() if item["type"] != "default_factory_not_called"]  # a consequence
            problems = tuple(in_words(str(item["loc"][0]), item["type"], item["msg"]) for item in wrong)
            raise SettingsError(problems) from None  # the original prints what was given
        except UnicodeDecodeError:
            raise SettingsError((f"{env_file}: must be text in UTF-8",)) from None


def in_words(name: str, kind: str, message: str) -> str:
    wrong = "is not set" if kind == "missing" else message.removeprefix("Value error, ").removeprefix("Input ")
    return f"{PREFIX}{name.upper()} {wrong}. Example: {EXAMPLES[name]}"
