"""`python -m recording.finish JOURNAL TARGET`: one journal becomes an Ogg/Opus file, at the lowest priority.

Says what became of it as a line of JSON. Ends with 2 where the journal is none, with 3 where the disk failed.
"""

import json
import os
import sys
from pathlib import Path

from recording.journal import NotAJournal
from recording.mix import finish

LOWEST_PRIORITY = 19
NO_JOURNAL, DISK_FAILED = 2, 3


def main(journal: str, target: str) -> int:
    os.nice(LOWEST_PRIORITY)
    try:
        finished = finish(Path(journal), Path(target))
    except NotAJournal:
        return NO_JOURNAL
    except OSError:
        return DISK_FAILED
    told = {"duration_s": finished.duration_s, "missing_s": finished.missing_s, "sha256": finished.sha256}
    sys.stdout.write(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
