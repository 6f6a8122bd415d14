"""A process that saves a missed call and is killed: `outbox_process.py DATABASE_URL saved|posted`."""

import asyncio
import sys
from dataclasses import replace
from datetime import UTC, datetime

from gateway.guarded_http import Guard, GuardedHttp
from gateway.outbox import Courier
from signaling.call import Call, Outcome, State
from signaling.events import Direction
from signaling.ids import new_call_id
from signaling.private import Wacid
from store.calls import SqlCallStore
from store.database import Database
from store.event_queue import SqlEventQueue
from store.secrets import SecretBox
from tests.services.samples import KEY, numbers_in


async def run(url: str, when: str) -> None:
    database = Database(url)
    (number,) = await numbers_in(database).all()
    now = datetime.now(UTC)
    if when == "posted":
        http = GuardedHttp(Guard(loopback=True))
        Courier(SqlEventQueue(database, SecretBox([KEY])), http, lambda: datetime.now(UTC)).start()
    call = Call(
        id=new_call_id(),
        number=number.id,
        phone_number_id=number.phone_number_id,
        department=number.department,
        direction=Direction.INBOUND,
        wacid=Wacid("wacid.killed"),
        received_at=now,
    )
    await SqlCallStore(database).save(replace(call, state=State.ENDED, outcome=Outcome.MISSED).note(now, "ended"))
    print("saved", flush=True)
    await asyncio.Event().wait()


asyncio.run(run(sys.argv[1], sys.argv[2]))
