"""Calls of the business to customers: `connect`, Meta's answer and statuses, and what the customers do."""

import asyncio
from collections.abc import Callable, Mapping
from uuid import uuid4

from gateway.simulator import refusals
from gateway.simulator.call_rules import EndedBy, Phase, Ruling, SimCall, picked_up, rings
from gateway.simulator.clips import voices
from gateway.simulator.customers import Customer, new_wacid
from gateway.simulator.dialing import Dialing
from gateway.simulator.exchange import Exchange, LiveCall
from gateway.simulator.faults import FaultKind
from gateway.simulator.lines import LineRequest
from gateway.simulator.refusals import Refusal
from gateway.simulator.scenario import Scenario
from gateway.simulator.sdp_rules import BadAnswer, judge_offer
from gateway.simulator.webhooks import CallNews, Envelope, answer_change, status_change
from signaling.private import Sdp, Wacid

LATE_ANSWER_S = 0.3  # after ACCEPTED


class CannotDo(Exception):
    """The customer's phone does not ring, or not any more."""


class DialedCalls:
    def __init__(
        self,
        exchange: Exchange,
        unix_s: Callable[[], float],
        customers: Mapping[str, Customer],
    ) -> None:
        self.dialing = Dialing(permitted=exchange.settings.permitted)
        self._exchange, self._unix_s, self._customers = exchange, unix_s, customers
        settings = exchange.settings
        self._envelope = Envelope(settings.waba_id, settings.phone_number_id, settings.business_phone)

    # ---- what the business asks of Graph -----------------------------------------------------------------------------

    async def connect(self, to: str | None, recipient: str | None, offer: Sdp, opaque: str | None) -> Wacid | Refusal:
        """`to` wins over `recipient` (reference 1.2). Takes Graph's latency; webhooks do not wait for it."""
        dialing = self.dialing
        begun = self._begin(to, recipient, offer, opaque, dialing)
        await asyncio.sleep(dialing.response_s)
        return begun if isinstance(begun, Refusal) else begun.call.wacid

    def _begin(
        self, to: str | None, recipient: str | None, offer: Sdp, opaque: str | None, dialing: Dialing
    ) -> LiveCall | Refusal:
        if dialing.refuse:
            self.dialing = dialing.model_copy(update={"refuse": dialing.refuse[1:]})
            return refusals.ON_DEMAND.get(dialing.refuse[0], refusals.CONNECTION_ERROR)
        if self._exchange.standing.stops_outbound(self._unix_s()):
            return refusals.PAUSED
        judged = judge_offer(offer.value)
        if isinstance(judged, BadAnswer):
            self._exchange.faults.note(FaultKind.BAD_OFFER, None, judged.why)
            return judged.refusal
        customer = self._find(to, recipient)
        if customer is None:
            return refusals.UNCALLABLE
        now_s = self._unix_s()
        if (refusal := self._refused(customer, now_s)) is not None:
            return refusal
        call_id = uuid4().hex
        line = self._exchange.open_line(
            call_id, LineRequest(None, offer=judged, setup=dialing.setup, answer_mid=dialing.mid)
        )
        wacid = Wacid(new_wacid(customer, self._exchange.settings.business_phone))
        call = SimCall(call_id, wacid, customer, now_s, dialing.window_s, outbound=True, opaque=opaque)
        news = CallNews(wacid, customer, outbound=True)
        live = LiveCall(call, line, Scenario(duplicates=dialing.duplicates), news, None, {})
        self._exchange.follow(live)
        live.story = asyncio.create_task(self._happen(live, dialing), name=f"customer's phone {call_id}")
        return live

    def _find(self, to: str | None, recipient: str | None) -> Customer | None:
        for customer in self._customers.values():
            if to is not None and customer.phone == to.removeprefix("+"):
                return customer
            if to is None and recipient in (customer.bsuid, customer.parent_bsuid) and recipient is not None:
                return customer
        return None

    def _refused(self, customer: Customer, now_s: float) -> Refusal | None:
        if self.dialing.permitted is False:
            return refusals.NO_PERMISSION
        up = [live.call for live in self._exchange.calls.values() if live.call.phase is not Phase.ENDED]
        if any(call.customer.key == customer.key for call in up):
            return refusals.DUPLICATE_CALL
        if sum(call.outbound for call in up) >= self._exchange.settings.rules.max_concurrent_calls:
            return refusals.CONCURRENT_LIMIT
        return None if self.dialing.permitted else self._exchange.permissions.may_be_called(customer, now_s)

    def permissions(self, to: str | None, recipient: str | None) -> Refusal | dict[str, object]:
        """Reference 1.5: as the customers answered; or, `permitted`, for good or not at all."""
        if self.dialing.permitted is None:
            return self._exchange.permissions.look_up(to, recipient)
        customer = self._find(to, recipient)
        if customer is None:
            return refusals.UNCALLABLE
        allowed = self.dialing.permitted
        asking = [_limit("PT24H", 1), _limit("P7D", 2)]
        return {
            "messaging_product": "whatsapp",
            "permission": {"status": "permanent" if allowed else "no_permission"},
            "actions": [
                {"action_name": "send_call_permission_request", "can_perform_action": not allowed, "limits": asking},
                {"action_name": "start_call", "can_perform_action": allowed, "limits": [_limit("PT24H", 100)]},
            ],
        }

    # ---- what customers do -------------------------------------------------------------------------------------------

    def accept(self, live: LiveCall, voice: str | None, browser_offer: str | None) -> None:
        """The customer picks up and speaks. Raises CannotDo, BadBrowserOffer."""
        self._must_wait(live)
        clip = voices().get(voice) if voice is not None else None
        if voice is not None and clip is None:
            raise CannotDo("There is no such voice")
        live.line.speak_through(clip, browser_offer)
        live.voice = voice
        live.line.open()
        self._exchange.apply(live, Ruling(picked_up(live.call, self._unix_s())))
        self._tell(live, "ACCEPTED")

    def decline(self, live: LiveCall) -> None:
        """The red button on a ringing phone. Raises CannotDo."""
        self._must_wait(live)
        self._tell(live, "REJECTED")
        self._exchange.apply(live, Ruling(live.call.ended(EndedBy.DECLINED, self._unix_s())))

    def _must_wait(self, live: LiveCall) -> None:
        if not live.call.outbound or live.call.phase not in (Phase.CALLING, Phase.RINGING):
            raise CannotDo("The customer's phone does not ring")

    # ---- inside ------------------------------------------------------------------------------------------------------

    async def _happen(self, live: LiveCall, dialing: Dialing) -> None:
        await asyncio.sleep(dialing.answer_s)
        if not dialing.answer_after_accept:
            self._answer(live)
        await asyncio.sleep(dialing.ring_s)
        if live.call.phase is Phase.CALLING:
            self._exchange.apply(live, Ruling(rings(live.call)))
            if not dialing.no_ringing:
                self._tell(live, "RINGING")
        if dialing.customer_does != "wait":
            await asyncio.sleep(dialing.after_s)
            if live.call.phase is Phase.RINGING:
                if dialing.customer_does == "accept":
                    self.accept(live, dialing.voice or live.call.customer.voice, None)
                else:
                    self.decline(live)
        if dialing.answer_after_accept:
            while live.call.phase is Phase.RINGING:
                live.touched.clear()
                await live.touched.wait()
            await asyncio.sleep(LATE_ANSWER_S)
            self._answer(live)

    def _answer(self, live: LiveCall) -> None:
        """The tunnel is ready, whoever picks up or not: from here on the business may send, and should send silence."""
        live.line.listen()
        news, opaque = live.news, live.call.opaque
        change = answer_change(self._envelope, news, self._unix_s(), live.line.offer_sdp, opaque)
        self._exchange.post(live, "connect", change)

    def _tell(self, live: LiveCall, status: str) -> None:
        change = status_change(self._envelope, live.news, self._unix_s(), status, live.call.opaque)
        self._exchange.post(live, status.lower(), change)


def _limit(period: str, allowed: int) -> dict[str, object]:
    return {"time_period": period, "max_allowed": allowed, "current_usage": 0}
