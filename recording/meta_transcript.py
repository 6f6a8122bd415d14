"""Meta's own transcription of a call, as its document says it (reference 1.7). Pure."""

import json
from typing import Final

from recording.transcript import MOST_SEGMENTS, Segment, Speaker, Transcript, in_order, nonsense, plain, read_language

SPEAKERS: Final = {"business": Speaker.AGENT, "customer": Speaker.CUSTOMER, "user": Speaker.CUSTOMER}
LONGEST_CALL_S: Final = 24 * 3600.0


def read_meta_transcript(document: bytes) -> Transcript:
    """Raises NeighbourError (engine.nonsense)."""
    try:
        told = json.loads(document)
    except (ValueError, RecursionError):
        raise nonsense("no JSON") from None
    match told:
        case {"transcript": {"segments": list(segments)} as transcript} if len(segments) <= MOST_SEGMENTS:
            found = [one for segment in segments if (one := _segment(segment)) is not None]
            return Transcript(in_order(found), read_language(transcript.get("language")), "meta", "")
        case _:
            raise nonsense("no transcript")


def _segment(segment: object) -> Segment | None:
    match segment:
        case {"speaker": str(speaker), "start": int() | float() as start, "end": int() | float() as end, "text": text}:
            who = SPEAKERS.get(speaker.lower())
            if who is None or not isinstance(text, str) or not 0 <= start <= end <= LONGEST_CALL_S:
                raise nonsense("a segment that cannot be")
            words = plain(text)
            return Segment(who, round(float(start), 2), round(float(end), 2), words) if words else None
        case _:
            raise nonsense("a segment of another form")
