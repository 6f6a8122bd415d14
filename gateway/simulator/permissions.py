"""The customers' phones as far as permission goes: what the business sent them, and what they allow it.

The rules are `permission_rules`; here are their customers, their clock, and the webhooks that follow.
"""

import base64
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from gateway.simulator import permission_rules as rules
from gateway.simulator.customers import Customer
from gateway.simulator.faults import FaultKind, FaultLog
from gateway.simulator.message_rules import Kind, Outgoing, read_message
from gateway.simulator.message_webhooks import (
    APP_TOO_OLD,
    WINDOW_CLOSED,
    Reply,
    message_status_change,
    permission_reply_change,
    text_change,
)
from gateway.simulator.permission_rules import Answer, Pair, PermissionLimits
from gateway.simulator.refusals import LOOKED_UP_TOO_OFTEN, PAUSED, TEMPLATE_DISABLED, TEMPLATE_PAUSED, Refusal
from gateway.simulator.templates import Templates
from gateway.simulator.webhooks import Envelope, Json

KEPT_MESSAGES: Final = 20


@dataclass(slots=True)
class Message:
    """What a customer's phone shows. `id` is the simulator's own: a wamid holds phone numbers."""

    id: str
    kind: Kind | str  # also: reconsider
    at_s: float
    wamid: str = field(repr=False)
    text: str = field(default="", repr=False)
    label: str | None = None
    payload: str | None = field(default=None, repr=False)


@dataclass(slots=True)
class Phone:
    customer: Customer
    pair: Pair = field(default_factory=Pair)
    messages: list[Message] = field(default_factory=list)
    old_app: bool = False  # shows no requests and no call buttons (131026)
    off: bool = False  # messages wait

    def add(self, message: Message) -> None:
        self.messages = [*self.messages, message][-KEPT_MESSAGES:]


class CannotAnswer(Exception):
    """There is no such request, or it is dead."""


class Permissions:
    """`send` delivers one change, named by its event. `is_paused`: Meta lets the number neither call nor ask."""

    def __init__(
        self,
        envelope: Envelope,
        customers: Mapping[str, Customer],
        limits: PermissionLimits,
        faults: FaultLog,
        unix_s: Callable[[], float],
        send: Callable[[Json, str], None],
        is_paused: Callable[[], bool] = lambda: False,
    ) -> None:
        self.limits = limits
        self.phones = {key: Phone(customer) for key, customer in customers.items()}
        self._envelope, self._faults, self._unix_s, self._send = envelope, faults, unix_s, send
        self.templates = Templates()
        self._lookups_s: deque[float] = deque()
        self._is_paused = is_paused

    # ---- what the business asks of Graph -----------------------------------------------------------------------------

    def send_message(self, body: object) -> Refusal | Json:
        """`POST /{PNID}/messages`."""
        message = read_message(body, self.templates.kind_to_send)
        if isinstance(message, Refusal):
            if message not in (TEMPLATE_PAUSED, TEMPLATE_DISABLED):  # which the sender cannot know beforehand
                self._faults.note(FaultKind.BAD_REQUEST, None, message.details or message.message)
            return message
        if message.kind == "permission_request" and self._is_paused():
            return PAUSED
        phone, now_s = self._find(message.to, message.recipient), self._unix_s()
        wamid = _new_wamid()
        answer: Json = {
            "messaging_product": "whatsapp",
            "contacts": [_sent_to(message, phone)],
            "messages": [{"id": wamid}],
        }
        if phone is None:
            return answer  # Meta takes it; nobody is there
        if message.kind == "permission_request":
            refusal = rules.may_send_request(phone.pair, now_s, self.limits)
            if refusal is not None:
                return refusal
        if message.free_form and not phone.pair.window_is_open(now_s, self.limits):
            self._faults.note(FaultKind.WINDOW_CLOSED, None, "a free-form message outside the service window")
            self._tell_status(phone, wamid, "failed", WINDOW_CLOSED)
            return answer
        if message.kind == "permission_request":
            phone.pair = rules.request_sent(phone.pair, wamid, now_s)
        if phone.old_app and message.kind != "other":
            self._tell_status(phone, wamid, "failed", APP_TOO_OLD)
            return answer
        phone.add(
            Message(secrets.token_hex(8), message.kind, now_s, wamid, message.text, message.label, message.payload)
        )
        if not phone.off:
            self._arrive(phone, wamid)
        return answer

    def look_up(self, user_wa_id: str | None, recipient: str | None) -> Refusal | Json:
        """`GET /{PNID}/call_permissions`."""
        now_s = self._unix_s()
        while self._lookups_s and now_s - self._lookups_s[0] >= 1.0:
            self._lookups_s.popleft()
        if len(self._lookups_s) >= self.limits.lookups_a_second:
            self._faults.note(FaultKind.RATE, None, "more permissions were looked up in a second than allowed")
            return LOOKED_UP_TOO_OFTEN
        self._lookups_s.append(now_s)
        phone = self._find(user_wa_id, recipient)
        return rules.call_permissions(Pair() if phone is None else phone.pair, now_s, self.limits)

    def may_be_called(self, customer: Customer, now_s: float) -> Refusal | None:
        """For `connect`. None: yes."""
        return rules.may_start_call(self.phones[customer.key].pair, now_s, self.limits)

    # ---- what becomes of calls ---------------------------------------------------------------------------------------

    def customer_called(self, customer: Customer) -> None:
        phone = self.phones[customer.key]
        phone.pair = rules.spoke(phone.pair, self._unix_s())

    def call_taken(self, customer: Customer, *, by_business: bool) -> None:
        """Somebody picked up; `by_business`: a call that the business made."""
        phone = self.phones[customer.key]
        phone.pair = rules.connected(phone.pair, int(self._unix_s()), by_business=by_business)

    def call_in_vain(self, customer: Customer) -> None:
        """The customer did not take a call of the business."""
        phone = self.phones[customer.key]
        outcome = rules.not_taken(phone.pair, self.limits)
        phone.pair = outcome.pair
        if outcome.suggested:
            phone.add(Message(secrets.token_hex(8), "reconsider", self._unix_s(), ""))
        if outcome.revoked:
            self._tell_reply(phone, Reply(accepted=False, automatic=True))

    def customers_call_over(self, customer: Customer, wacid: str, *, callback: bool) -> None:
        """A call of the customer's ended. `callback`: the number's callback permission is on."""
        phone = self.phones[customer.key]
        before = phone.pair
        if callback:
            phone.pair = rules.allow_after_call(phone.pair, self._unix_s(), self.limits)
        if phone.pair != before:
            self._tell_reply(phone, Reply(True, until_s=phone.pair.until_s, automatic=True, context=wacid))

    # ---- what customers do -------------------------------------------------------------------------------------------

    def answer(self, key: str, message_id: str, answer: Answer) -> None:
        """Press a button of a request. Raises CannotAnswer."""
        phone = self.phones[key]
        message = next((one for one in phone.messages if one.id == message_id), None)
        acted = None
        if message is not None:
            acted = rules.act(phone.pair, message.wamid, answer, self._unix_s(), self.limits)
        if message is None or acted is None:
            raise CannotAnswer("There is no such request, or it can be answered no more")
        phone.pair = acted
        self._tell_reply(phone, Reply(answer != "decline", acted.permanent, acted.until_s, context=message.wamid))

    def use_profile(self, key: str, *, allow: bool) -> None:
        """In the business' profile the customer allows calls for good, or revokes."""
        phone = self.phones[key]
        phone.pair = rules.allow_always(phone.pair) if allow else rules.revoke(phone.pair)
        self._tell_reply(phone, Reply(accepted=allow, permanent=allow))

    def write(self, key: str, text: str) -> None:
        phone, now_s = self.phones[key], self._unix_s()
        phone.pair = rules.spoke(phone.pair, now_s)
        self._send(text_change(self._envelope, phone.customer, _new_wamid(), now_s, text), "text")

    def switch_phone(self, key: str, *, off: bool | None, old_app: bool | None) -> None:
        """A phone that comes back gets what waited for it."""
        phone = self.phones[key]
        if old_app is not None:
            phone.old_app = old_app
        if off is not None:
            phone.off = off
        if off is False:
            for request in phone.pair.requests:
                if request.arrived_s is None and any(one.wamid == request.wamid for one in phone.messages):
                    self._arrive(phone, request.wamid)

    def describe(self, key: str) -> Json:
        """For the control API and the page."""
        phone, now_s = self.phones[key], self._unix_s()
        pair = phone.pair
        return {
            "permission": pair.status(now_s),
            "until": pair.until_s if pair.status(now_s) == "temporary" else None,
            "in_vain": pair.in_vain,
            "window_open": pair.window_is_open(now_s, self.limits),
            "messages": [
                {
                    "id": message.id,
                    "kind": message.kind,
                    "at": message.at_s,
                    "text": message.text,
                    "label": message.label,
                    "payload": message.payload,
                    "alive": message.kind != "permission_request"
                    or rules.is_alive(pair, message.wamid, now_s, self.limits),
                    "answer": next((one.acted for one in pair.requests if one.wamid == message.wamid), None),
                }
                for message in ([] if phone.off else phone.messages)
            ],
        }

    # ---- inside ------------------------------------------------------------------------------------------------------

    def _find(self, phone_digits: str | None, bsuid: str | None) -> Phone | None:
        for phone in self.phones.values():
            who = phone.customer
            if phone_digits is not None and who.phone == phone_digits.removeprefix("+"):
                return phone
            if phone_digits is None and bsuid is not None and bsuid in (who.bsuid, who.parent_bsuid):
                return phone
        return None

    def _arrive(self, phone: Phone, wamid: str) -> None:
        phone.pair = rules.request_arrived(phone.pair, wamid, self._unix_s())
        self._tell_status(phone, wamid, "delivered")

    def _tell_status(self, phone: Phone, wamid: str, status: str, error: Json | None = None) -> None:
        assert status in ("delivered", "failed")
        word: Final = "delivered" if status == "delivered" else "failed"
        change = message_status_change(self._envelope, phone.customer, wamid, self._unix_s(), word, error)
        self._send(change, f"message_{status}")

    def _tell_reply(self, phone: Phone, reply: Reply) -> None:
        now_s, wamid = self._unix_s(), _new_wamid()
        change = permission_reply_change(self._envelope, phone.customer, wamid, now_s, reply)
        self._send(change, "call_permission_reply")


def _sent_to(message: Outgoing, phone: Phone | None) -> Json:
    """With a phone number the answer names both what was asked for and who that is."""
    contact: Json = {"input": message.to or message.recipient}
    if phone is not None:
        for key, value in (("wa_id", phone.customer.phone), ("user_id", phone.customer.bsuid)):
            if value is not None:
                contact[key] = value
    return contact


def _new_wamid() -> str:
    return "wamid." + base64.b64encode(secrets.token_bytes(36)).decode()
