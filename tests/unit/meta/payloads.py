"""The payload files of the reference, and the made-up people and numbers in them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from signaling.ids import PhoneNumberId
from signaling.private import Bsuid, Payload, PhoneNumber, Wacid

DIRECTORY = Path(__file__).parents[2] / "data" / "payloads"
INDEX: dict[str, Any] = json.loads((DIRECTORY / "index.json").read_text())

NUMBER = PhoneNumberId(INDEX["constants"]["phone_number_id"])
OTHER_NUMBER = PhoneNumberId("306540000000009")
WABA = INDEX["constants"]["waba_id"]
INBOUND_WACID = Wacid(INDEX["constants"]["call_id_uic"])
OUTBOUND_WACID = Wacid(INDEX["constants"]["call_id_bic"])
CUSTOMER_PHONE = PhoneNumber(INDEX["constants"]["user_wa_id"])
CUSTOMER_BSUID = Bsuid(INDEX["constants"]["user_bsuid"])
BUSINESS_PHONE = PhoneNumber(INDEX["constants"]["business_number"])
OPAQUE = Payload("tenant=7;call=01JD3Q8Z5V")
BASE_UNIX_S: int = INDEX["constants"]["base_time"]


def body(file: str) -> bytes:
    return (DIRECTORY / file).read_bytes()


def content(file: str) -> Any:
    return json.loads(body(file))


def files(kind: str) -> list[dict[str, Any]]:
    """The catalogue's entries whose kind begins with `kind`."""
    return [entry for entry in INDEX["files"] if entry["kind"].startswith(kind)]


def after(seconds: int) -> datetime:
    """`seconds` after the moment at which every payload begins."""
    return datetime.fromtimestamp(BASE_UNIX_S + seconds, UTC)


def private_words() -> set[str]:
    """Everything in the payloads that may be in no log and in no exception."""
    constants = INDEX["constants"]
    named = {constants[key] for key in ("call_id_uic", "call_id_bic", "user_wa_id", "user_bsuid", "business_number")}
    return named | {"Maria", "maria.exemplo", "ice-pwd", "ice-ufrag", "campaign=retencao", "tenant=7"}
