"""Customers' phones without audio: they record what was done with them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.simulator.call_rules import Heard
from gateway.simulator.clips import Voice
from gateway.simulator.heard import HeardPacket
from gateway.simulator.lines import Line, LineFigures, LineRequest
from gateway.simulator.sdp_rules import BusinessAnswer
from gateway.simulator.secure_leg import NoteFault


@dataclass
class SilentLine:
    """`heard` is what the test says the wire brought."""

    request: LineRequest
    offer_sdp: str = "v=0\r\n"
    browser_answer: str | None = None
    heard: Heard = field(default_factory=Heard)
    figures: LineFigures = field(default_factory=LineFigures)
    packets: Sequence[HeardPacket] = ()
    done: list[str] = field(default_factory=list)

    def listen(self) -> None:
        self.done.append("listen")

    def speak_through(self, voice: Voice | None, browser_offer: str | None) -> None:
        self.done.append("speak_through")

    def use_answer(self, answer: BusinessAnswer) -> None:
        self.done.append("use_answer")

    def open(self) -> None:
        self.done.append("open")

    def cut(self, *, speech: bool, hearing: bool) -> None: ...

    def press(self, digit: str) -> bool:
        self.done.append(f"press {digit}")
        return True

    def close(self) -> None:
        self.done.append("close")


@dataclass
class SilentLines:
    lines: list[SilentLine] = field(default_factory=list)

    def new_line(self, request: LineRequest, note_fault: NoteFault) -> Line:
        line = SilentLine(request)
        self.lines.append(line)
        return line

    async def close(self) -> None:
        """There is nothing that they share."""
