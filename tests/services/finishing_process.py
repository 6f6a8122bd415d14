"""Processes that finish recordings and stop for good, each at a step: `finishing_process.py FOLDER`.

Each works in `FOLDER/STEP`, where its database is `ramal.db`, and says `AT STEP PID` when it is there. They are forks
of one, which has imported everything once.
"""

import asyncio
import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import Any

import gateway.finishing
from gateway.message_jobs import MessageKeeper
from recording.vault import ObjectVault
from store.database import Database
from store.jobs import SqlJobs
from store.messages import SqlMessages
from store.recordings import SqlRecordings
from tests.services.recorded import jobs_in

STEPS = ("mixing", "made", "kept", "noted", "tidied")
MESSAGE_STEPS = ("message_kept", "message_noted")
"""The steps before are a recording's as well."""


def stop_at(step: str) -> None:
    here = {
        "made": (ObjectVault, "keep"),
        "kept": (SqlRecordings, "finished"),
        "noted": (gateway.finishing.Finisher, "_tidy"),
        "tidied": (SqlJobs, "done"),
        "message_kept": (SqlMessages, "kept"),
        "message_noted": (MessageKeeper, "_keep"),  # when it has returned: what led there still lies there
    }

    async def stop(*_: object) -> Any:
        print("AT", step, os.getpid(), flush=True)
        await asyncio.Event().wait()

    if step == "mixing":
        real = gateway.finishing.in_child

        async def in_child(command: list[str], on_progress: Any) -> Any:
            def tell(done: float) -> None:
                print("AT", step, os.getpid(), flush=True)
                on_progress(done)

            return await real(command, tell)

        gateway.finishing.in_child = in_child
    elif step == "message_noted":
        keep = MessageKeeper._keep

        async def keep_and_stop(*given: Any) -> Any:
            await keep(*given)
            await stop()

        MessageKeeper._keep = keep_and_stop  # type: ignore[assignment,method-assign]
    else:
        owner, name = here[step]
        setattr(owner, name, stop)


async def run(folder: Path) -> None:
    url = f"sqlite:///{folder}/ramal.db"
    jobs = jobs_in(Database(url), url, folder)
    await jobs.start()
    await asyncio.Event().wait()


def end_with_parent() -> None:
    """Also when a test is killed: nobody else would end a process that waits for good (prctl(2), PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


if __name__ == "__main__":
    end_with_parent()
    for step in (*STEPS, *MESSAGE_STEPS):
        if os.fork() == 0:
            end_with_parent()
            stop_at(step)
            asyncio.run(run(Path(sys.argv[1]) / step))
    for _ in (*STEPS, *MESSAGE_STEPS):
        os.wait()
