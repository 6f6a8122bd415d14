"""The payload files of the reference, as values."""

import json
from pathlib import Path
from typing import Any

PAYLOADS = Path(__file__).parent.parent / "data" / "payloads"


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))


def sdp(name: str) -> str:
    return str(payload(name)["sdp"])


GOOD_ANSWER = sdp("sdp_uic_answer_aiortc_with_dtmf_unverified")
