"""The simulated Meta itself: its calls, what is asked of them, and the webhooks that follow. No HTTP here."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import uuid4

from gateway.simulator import refusals
from gateway.simulator.call_rules import (
    Action,
    EndedBy,
    Phase,
    Ruling,
    SimCall,
    deadline_s,
    expire,
    finish_accept,
    rule,
)
from gateway.simulator.captures import Kind, Library, described, made
from gateway.simulator.clips import voices
from gateway.simulator.customers import CUSTOMERS, Customer, new_wacid
from gateway.simulator.dialed_rules import rule_dialed
from gateway.simulator.faults import FaultKind, FaultLog
from gateway.simulator.lines import Line, LineRequest, Lines
from gateway.simulator.number_settings import NumberSettings, change, changed_keys, is_open_at
from gateway.simulator.number_standing import PAUSES_SETTINGS, STOPS_INBOUND, Standing
from gateway.simulator.permissions import Permissions
from gateway.simulator.postman import Manner, Parcel, Postman
from gateway.simulator.refusals import Refusal
from gateway.simulator.scenario import CallBody, Scenario
from gateway.simulator.settings import SimulatorSettings
from gateway.simulator.webhooks import (
    CallNews,
    Envelope,
    HowItEnded,
    account_change,
    capture_change,
    connect_change,
    settings_change,
    terminate_change,
)
from signaling.private import Wacid

REORDER_S = 0.4  # how long after its terminate a connect comes that was overtaken
KEPT_CALLS = 200


class CannotCall(Exception):
    """The customer's phone says no before Meta tells the business anything; `words` say why."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@dataclass(slots=True)
class LiveCall:
    """A call and what belongs to it. `touched` wakes the task that waits for the call's next deadline."""

    call: SimCall
    line: Line
    scenario: Scenario
    news: CallNews
    voice: str | None
    refusals: dict[str, list[str]]
    captures: frozenset[Kind] = frozenset()  # what Meta was asked to keep of it
    parcels: list[Parcel] = field(default_factory=list)
    touched: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    story: asyncio.Task[None] | None = None  # a call of the business: what happens at the customer's phone


class Exchange:
    """`unix_s` is the only clock; its seconds run as the loop's do, but for jumps (`time_jumped`)."""

    def __init__(
        self,
        settings: SimulatorSettings,
        lines: Lines,
        postman: Postman,
        faults: FaultLog,
        unix_s: Callable[[], float],
        on_change: Callable[[], None],
        customers: Mapping[str, Customer] = CUSTOMERS,
    ) -> None:
        self.settings, self.faults = settings, faults
        self.number, self.standing = NumberSettings(), Standing()
        self.library = Library(settings, faults, unix_s)
        self.calls: dict[str, LiveCall] = {}
        self._customers = customers
        self._lines, self._postman, self._unix_s, self._on_change = lines, postman, unix_s, on_change
        self._by_wacid: dict[str, LiveCall] = {}
        self._envelope = Envelope(settings.waba_id, settings.phone_number_id, settings.business_phone)
        self.permissions = Permissions(
            self._envelope,
            customers,
            settings.rules.permissions,
            faults,
            unix_s,
            self._tell_of_messages,
            lambda: self.standing.stops_outbound(unix_s()),
        )

    def time_jumped(self) -> None:
        """The clock was moved: every call looks at it again."""
        for live in self.calls.values():
            live.touched.set()
        self._on_change()

    # ---- what customers do

    def place_call(self, request: CallBody) -> LiveCall:
        """A customer calls. Raises CannotCall, BadBrowserOffer."""
        customer = self._customers.get(request.customer)
        voice = voices().get(request.voice) if request.voice is not None else None
        if customer is None or (voice is None and request.voice is not None):
            raise CannotCall("There is no such customer or voice")
        self._check_callable()
        scenario, now_s, call_id = request.quirks, self._unix_s(), uuid4().hex
        line = self.open_line(call_id, LineRequest(voice, request.browser_offer, scenario.unreachable_ipv6))
        call = SimCall(
            id=call_id,
            wacid=Wacid(new_wacid(customer, self.settings.business_phone)),
            customer=customer,
            offered_at_s=now_s - scenario.late_s,
            window_s=scenario.ring_window_s or self.settings.rules.ring_window_s,
        )
        news = CallNews(
            call.wacid,
            customer,
            scenario.cta_payload,
            scenario.deeplink_payload,
            scenario.with_direction,
            scenario.with_contacts,
        )
        refused: dict[str, list[str]] = {action: list(codes) for action, codes in scenario.refuse.items()}
        live = LiveCall(call, line, scenario, news, request.voice, refused)
        self.follow(live)
        self.permissions.customer_called(customer)
        connect = connect_change(self._envelope, news, call.offered_at_s, line.offer_sdp)
        if scenario.terminate_first:
            self._end(live, EndedBy.CUSTOMER)
        self.post(live, "connect", connect, extra_delay_s=REORDER_S if scenario.terminate_first else 0.0)
        return live

    def open_line(self, call_id: str, request: LineRequest) -> Line:
        """Raises BadBrowserOffer."""
        return self._lines.new_line(request, lambda kind, words: self.faults.note(kind, call_id, words))

    def follow(self, live: LiveCall) -> None:
        """A call has begun: it is known by its names, and ends when time ends it."""
        self.calls[live.call.id] = self._by_wacid[live.call.wacid.value] = live
        self._forget_old_calls()
        live.task = asyncio.create_task(self._watch_time(live), name=f"simulated call {live.call.id}")
        self._on_change()

    def hang_up(self, live: LiveCall) -> None:
        """The customer presses the red button; on a call that is over it does nothing."""
        if live.call.phase is not Phase.ENDED:
            self._end(live, EndedBy.CUSTOMER)

    def repeat(self, live: LiveCall, event: str) -> bool:
        """Deliver a webhook of this call once more; False when there was none such."""
        for parcel in live.parcels:
            if parcel.event == event:
                self._postman.send(Parcel(parcel.change, event, live.call.id), Manner())
                return True
        return False

    # ---- what the business asks of Graph

    async def act(self, wacid: str, action: Action) -> Refusal | None:
        """One POST to /calls; None: success. Takes Graph's latency."""
        latency_s = self.settings.rules.graph_latency_s
        live = self._by_wacid.get(wacid)
        if live is None:
            self.faults.note(FaultKind.UNKNOWN_CALL, None, f"{action.name} for a call id that never was")
            await asyncio.sleep(latency_s)
            return refusals.CALL_UNKNOWN
        if demanded := live.refusals.get(action.name):
            await asyncio.sleep(latency_s)
            return refusals.ON_DEMAND.get(demanded.pop(0), refusals.CONNECTION_ERROR)
        judge = rule_dialed if live.call.outbound else rule
        ruling = self.apply(live, judge(live.call, action, self._unix_s(), self.settings.rules))
        if ruling.refusal is None and action.name in ("pre_accept", "accept") and ruling.call.answer is not None:
            live.line.use_answer(ruling.call.answer)
        await asyncio.sleep(latency_s)
        if ruling.refusal is None and action.name == "accept":
            ruling = self.apply(live, finish_accept(live.call, self._unix_s()))
            if ruling.refusal is None:
                live.line.open()
        return ruling.refusal

    def keep(self, wacid: str, captures: frozenset[Kind]) -> None:
        """An accept or a connect that passed has asked for these."""
        live = self._by_wacid[wacid]
        live.captures = captures
        if live.call.phase is Phase.ENDED:
            self._hand_over(live)

    def change_settings(self, body: object) -> Refusal | None:
        """POST to /settings; None: success."""
        now_s = self._unix_s()
        if any(found.type == PAUSES_SETTINGS for found in self.standing.holding(now_s)):
            return refusals.PAUSED  # while both directions are paused, no calling setting changes (reference 4.7)
        changed = change(self.number, body, datetime.fromtimestamp(now_s, UTC))
        if isinstance(changed, Refusal):
            return changed
        if changed.enabled and not self.number.enabled and not self.standing.may_be_enabled:
            return refusals.LIMIT_TOO_LOW
        told = changed_keys(self.number, changed)
        self.number = changed
        if told:
            self._send(Parcel(settings_change(self._envelope, told, now_s), "account_settings_update"), Manner())
        return None

    def punished(self) -> dict[str, object]:
        """What reading the settings shows besides."""
        return self.standing.shown(self._unix_s())

    def tell_account(self, value: dict[str, object]) -> None:
        """An `account_update` about the number."""
        told = account_change(self._envelope, value)
        self._send(Parcel(told, "account_update"), Manner())

    def subscribe_app(self, subscribed: bool) -> None:
        self.number = replace(self.number, subscribed=subscribed)

    async def close(self) -> None:
        tasks = [task for live in self.calls.values() for task in (live.task, live.story) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # ---- inside

    def _check_callable(self) -> None:
        if not self.number.enabled:
            raise CannotCall("Calling is switched off for this number")
        if any(found.type in STOPS_INBOUND for found in self.standing.holding(self._unix_s())):
            raise CannotCall("Meta has paused calls to this number")
        if not is_open_at(self.number.calling, datetime.fromtimestamp(self._unix_s(), UTC)):
            raise CannotCall("The business takes no calls at this hour")
        if self.number.sip or self.number.sdes:
            raise CannotCall("The number is set to SIP or SDES, which this simulator cannot speak")
        if sum(live.call.phase is not Phase.ENDED for live in self.calls.values()) >= (
            self.settings.rules.max_concurrent_calls
        ):
            raise CannotCall("The business has as many calls as Meta allows")

    def apply(self, live: LiveCall, ruling: Ruling) -> Ruling:
        """Take over what was ruled, and do what follows from it."""
        for kind, words in ruling.faults:
            self.faults.note(kind, live.call.id, words)
        ended = live.call.phase is not Phase.ENDED and ruling.call.phase is Phase.ENDED
        taken = live.call.accepted_at_s is None and ruling.call.accepted_at_s is not None
        live.call = ruling.call
        if taken:
            self.permissions.call_taken(live.call.customer, by_business=live.call.outbound)
        if ended:
            self._close(live)
            self._weigh(live.call)
        live.touched.set()
        self._on_change()
        return ruling

    def _weigh(self, call: SimCall) -> None:
        """What a call that is over does to permission."""
        if not call.outbound:
            callback = self.number.calling.get("callback_permission_status") == "ENABLED"
            self.permissions.customers_call_over(call.customer, call.wacid.value, callback=callback)
        elif call.accepted_at_s is None:
            self.permissions.call_in_vain(call.customer)

    def _tell_of_messages(self, body: dict[str, object], event: str) -> None:
        self._send(Parcel(body, event), Manner())
        self._on_change()

    def _end(self, live: LiveCall, by: EndedBy) -> None:
        self.apply(live, Ruling(live.call.ended(by, self._unix_s())))

    def _close(self, live: LiveCall) -> None:
        live.line.close()
        if live.story is not None and live.story is not asyncio.current_task():
            live.story.cancel()
        call = live.call
        assert call.ended_at_s is not None
        how = HowItEnded(call.ended_at_s, call.accepted_at_s, call.ended_by is EndedBy.NO_MEDIA, call.opaque)
        self.post(live, "terminate", terminate_change(self._envelope, live.news, how))
        self._hand_over(live)

    def _hand_over(self, live: LiveCall) -> None:
        """What Meta itself kept of a call that was accepted is told of a little after its end."""
        call = live.call
        if call.accepted_at_s is None or call.ended_at_s is None:
            return
        for kind in sorted(live.captures):
            media = made(kind, live.voice, self._unix_s(), round(call.ended_at_s - call.accepted_at_s, 2))
            event, told = described(media, self.library.keep(media))
            change = capture_change(self._envelope, live.news, self._unix_s(), event, told)
            self.post(live, event, change, extra_delay_s=self.settings.rules.capture_s)

    def post(self, live: LiveCall, event: str, body: dict[str, object], extra_delay_s: float = 0.0) -> None:
        def delivered() -> None:
            if event == "terminate":
                live.call = replace(live.call, told_at_s=self._unix_s())
            self._on_change()

        parcel = Parcel(body, event, live.call.id, delivered)
        live.parcels.append(parcel)
        quirks = live.scenario
        self._send(parcel, Manner(quirks.duplicates, quirks.delay_s + extra_delay_s, quirks.batch_s))

    def _send(self, parcel: Parcel, manner: Manner) -> None:
        if self.number.subscribed:
            self._postman.send(parcel, manner)

    async def _watch_time(self, live: LiveCall) -> None:
        """Ends the call when time does. Media moves the deadline without a sign: it is looked up again on waking."""
        while live.call.phase is not Phase.ENDED:
            rules, now_s = self.settings.rules, self._unix_s()
            ruling = expire(live.call, live.line.heard, now_s, rules)
            if ruling.call is not live.call:
                self.apply(live, ruling)
                return
            limit_s = deadline_s(live.call, live.line.heard, rules)
            assert limit_s is not None
            live.touched.clear()
            try:
                async with asyncio.timeout(min(max(0.0, limit_s - now_s), rules.silence_s)):
                    await live.touched.wait()
            except TimeoutError:
                continue

    def _forget_old_calls(self) -> None:
        for call_id in list(self.calls)[: max(0, len(self.calls) - KEPT_CALLS)]:
            if self.calls[call_id].call.phase is Phase.ENDED:
                live = self.calls.pop(call_id)
                del self._by_wacid[live.call.wacid.value]
