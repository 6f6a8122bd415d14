"""`python -m recording.snapshot JOURNAL TARGET`: what there is so far of a journal that grows, as an Ogg/Opus file.

As `recording.finish`, at the lowest priority and with the same words and exit codes, but for the lock: it only reads,
and must keep nobody from finishing the journal when its call ends meanwhile.
"""

import os
import sys
from pathlib import Path

from recording.finish import DISK_FAILED, LOWEST_PRIORITY, NO_JOURNAL, say, words_of
from recording.journal import NotAJournal
from recording.mix import finish


def main(journal: str, target: str) -> int:
    os.nice(LOWEST_PRIORITY)
    try:
        finished = finish(Path(journal), Path(target))
    except NotAJournal:
        return NO_JOURNAL
    except OSError:
        return DISK_FAILED
    say(words_of(finished))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
