"""The simulated Meta as tests use it: customers call and hang up, and it tells what it saw (control API, over HTTP)."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

PATIENCE_S: Final = 30.0
LOOK_EVERY_S: Final = 0.05

Json = Mapping[str, Any]


def ask(method: str, url: str, body: Json | None = None) -> bytes:
    """One HTTP request. Raises HTTPError, URLError."""
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(url, data, {"Content-Type": "application/json"}, method=method), timeout=PATIENCE_S) as answer:
        content: bytes = answer.read()
    return content


def eventually(look: Callable[[], bool], what: str, within_s: float = PATIENCE_S) -> None:
    """Return as soon as `look` says so. For what another process does and nobody tells us of."""
    give_up_s = time.monotonic() + within_s
    while not look():
        assert time.monotonic() < give_up_s, f"not within {within_s:g} s: {what}"
        time.sleep(LOOK_EVERY_S)


@dataclass(frozen=True, slots=True)
class CustomerCall:
    """One call of a customer. `seen` is what the simulated Meta knows of it now (`ControlApi._describe`)."""

    meta: "Meta"
    id: str
    wacid: str

    def seen(self) -> Json:
        return self.meta.get(f"/sim/calls/{self.id}")

    def until(self, holds: Callable[[Json], bool], what: str, within_s: float = PATIENCE_S) -> Json:
        """What is seen as soon as `holds`."""
        eventually(lambda: holds(self.seen()), what, within_s)
        return self.seen()

    def until_heard(self, seconds: float) -> None:
        """Both sides' audio has been on the wire for so long: a packet is 20 ms."""
        now = self.seen()["media"]
        packets_in, packets_out = now["packets_in"] + 50 * seconds, now["packets_out"] + 50 * seconds

        def enough(seen: Json) -> bool:
            return bool(seen["media"]["packets_in"] >= packets_in and seen["media"]["packets_out"] >= packets_out)

        self.until(enough, f"{seconds:g} s of audio both ways", within_s=PATIENCE_S + seconds)

    def accept(self, voice: str) -> None:
        """Whom the business calls picks up."""
        self.meta.post(f"/sim/calls/{self.id}/accept", {"voice": voice})

    def decline(self) -> None:
        self.meta.post(f"/sim/calls/{self.id}/decline")

    def press(self, key: str) -> None:
        """A key of the phone's keypad (RFC 4733), as soon as the line carries what the customer says."""
        self.until(lambda seen: bool(seen["media"]["packets_in"]), "the customer's line is up")
        self.meta.post(f"/sim/calls/{self.id}/digit", {"digit": key})

    def cut(self, *, speech: bool = False, hearing: bool = False) -> None:
        """Nothing comes from the customer any more, or nothing reaches them; without either, all is well again."""
        self.meta.post(f"/sim/calls/{self.id}/link", {"speech": speech, "hearing": hearing})

    def hang_up(self) -> None:
        self.meta.post(f"/sim/calls/{self.id}/hang_up")

    def heard(self) -> bytes:
        """What the customer heard since the call was accepted, as Ogg/Opus."""
        return ask("GET", f"{self.meta.url}/sim/calls/{self.id}/heard.ogg")


@dataclass(frozen=True, slots=True)
class Meta:
    url: str

    def get(self, path: str) -> Json:
        answer: Json = json.loads(ask("GET", self.url + path))
        return answer

    def post(self, path: str, body: Json | None = None) -> Json:
        answer: Json = json.loads(ask("POST", self.url + path, body or {}))
        return answer

    def call(self, customer: str, voice: str | None = None, **quirks: object) -> CustomerCall:
        """`customer` (a key of `gateway.simulator.customers`) calls. `quirks`: see `gateway.simulator.scenario`."""
        placed = self.post("/sim/calls", {"customer": customer, "voice": voice or customer, "quirks": quirks})
        return CustomerCall(self, placed["id"], placed["wacid"])

    @contextmanager
    def dialing(self, **how: object) -> Iterator[None]:
        """How customers act, and Meta, when the business calls: see `gateway.simulator.dialing`."""
        self.put("/sim/dialing", how)
        try:
            yield
        finally:
            self.put("/sim/dialing", {})

    def put(self, path: str, body: Json) -> Json:
        answer: Json = json.loads(ask("PUT", self.url + path, body))
        return answer

    def dialed(self, customer: str) -> CustomerCall:
        """The newest call that the business makes to this customer, once it has begun."""

        def found() -> list[Json]:
            calls = self.get("/sim/state")["calls"]
            return [call for call in calls if call["direction"] == "outbound" and call["customer"] == customer]

        eventually(lambda: bool(found()) and not found()[0]["ended"], f"a call to {customer}")
        call = found()[0]
        return CustomerCall(self, call["id"], call["wacid"])

    def newest_dialed(self, customer: str, at_least: int = 1) -> CustomerCall:
        """The newest call that the business has made to this customer, over or not, once there are so many."""

        def found() -> list[Json]:
            calls = self.get("/sim/state")["calls"]
            return [call for call in calls if call["direction"] == "outbound" and call["customer"] == customer]

        eventually(lambda: len(found()) >= at_least, f"{at_least} calls to {customer}")
        return CustomerCall(self, found()[0]["id"], found()[0]["wacid"])

    # ---- customers on their phones, apart from calls -----------------------------------------------------------------

    def writes(self, customer: str, text: str) -> None:
        """Opens the service window: a request for permission may be sent without a template."""
        self.post(f"/sim/customers/{customer}/write", {"text": text})

    def answers(self, customer: str, answer: str) -> None:
        """`answer` (allow, always, decline) to the newest request for permission, once it is there."""

        def requests() -> list[Json]:
            messages = self.get(f"/sim/customers/{customer}")["messages"]
            return [one for one in messages if one["kind"] == "permission_request" and one["alive"]]

        eventually(lambda: bool(requests()), f"a request for permission at {customer}'s")
        self.post(f"/sim/customers/{customer}/messages/{requests()[-1]['id']}/answer", {"answer": answer})

    def uses_profile(self, customer: str, word: str) -> None:
        """`allow` or `revoke` calls, in the profile of the business."""
        self.post(f"/sim/customers/{customer}/profile", {"calls": word})

    def end_calls(self) -> None:
        """All customers hang up: what one test leaves behind must not ring in the next."""
        for call in self.get("/sim/state")["calls"]:
            if not call["ended"]:
                self.post(f"/sim/calls/{call['id']}/hang_up")

    def faults(self) -> list[Json]:
        return list(self.get("/sim/faults")["faults"])

    def forget_faults(self) -> None:
        ask("DELETE", f"{self.url}/sim/faults")

    def has_verified_the_gateway(self) -> bool:
        try:
            return bool(self.get("/sim/state")["webhook_verified"])
        except (URLError, HTTPError, OSError):
            return False
