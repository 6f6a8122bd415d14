"""`python -m recording.finish JOURNAL TARGET [SECONDS]`: one journal becomes an Ogg/Opus file, at the lowest priority.

`SECONDS`: how long the call lasted, for a journal without an end of its own. Lines of JSON on standard output say how
far it is (`{"done": 0.5}`); the last one says what became of it. Exit codes: `NO_JOURNAL`: nothing can be made of it,
ever; `DISK_FAILED`; `BUSY`: another process is making it, and may be one that its gateway left behind.
"""

import base64
import fcntl
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from recording.journal import Marked, NotAJournal
from recording.mix import Finished, finish

LOWEST_PRIORITY: Final = 19
NO_JOURNAL, DISK_FAILED, BUSY = 2, 3, 4
TELL_EVERY: Final = 0.02


def main(journal: str, target: str, lasted_s: str | None = None) -> int:
    os.nice(LOWEST_PRIORITY)
    try:
        with Path(journal).open("rb") as ours:
            fcntl.flock(ours, fcntl.LOCK_EX | fcntl.LOCK_NB)  # until we end, however we end
            finished = finish(
                Path(journal), Path(target), None if lasted_s is None else float(lasted_s), _Teller().tell
            )
    except BlockingIOError:
        return BUSY
    except NotAJournal:
        return NO_JOURNAL
    except OSError:
        return DISK_FAILED
    say(words_of(finished))
    return 0


@dataclass(slots=True)
class _Teller:
    told: float = 0.0

    def tell(self, done: float) -> None:
        if done - self.told >= TELL_EVERY:
            self.told = done
            say({"done": round(done, 2)})


def words_of(finished: Finished) -> dict[str, Any]:
    return {
        "duration_s": finished.duration_s,
        "missing_s": finished.missing_s,
        "ended": finished.ended,
        "sha256": finished.sha256,
        "size_bytes": finished.size_bytes,
        "packets": finished.packets,
        "marks": [_mark(marked) for marked in finished.marks],
        "peaks": base64.b64encode(b"".join(finished.peaks)).decode(),
    }


def _mark(marked: Marked) -> dict[str, Any]:
    return {"at_s": round(marked.at_s, 3), "mark": marked.mark.value, "count": marked.count}


def say(words: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
