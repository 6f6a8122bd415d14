"""Meta's Graph API, one method per action and request of the reference's section 1.

Every method raises GraphError (Meta refused), GraphUnreachable (nobody answered) or another NeighbourError, all without
personal data. What could do a thing twice is asked once; the rest is repeated on network errors and 5xx.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import aiohttp

from signaling.ids import PhoneNumberId
from signaling.meta import graph_requests as bodies
from signaling.meta.graph_answers import (
    PHONE_NUMBER_FIELDS,
    CallAnalytics,
    CallingSettings,
    CallPermissions,
    CallStarted,
    MediaFile,
    MediaUploaded,
    MessageSent,
    PhoneNumberFields,
    SubscribedApps,
    TemplateCreated,
    TemplateKnown,
    TemplatesPage,
    read_answer,
)
from signaling.meta.graph_errors import ConnectUnclear, GraphError, GraphUnreachable, bad_answer, success_false
from signaling.meta.graph_pace import Pacer, ShortMemory
from signaling.meta.graph_requests import NO_OPTIONS, Body, Callee, CallOptions, Granularity, TemplateCategory
from signaling.meta.graph_transport import Answer, GraphTransport, Patience, Request, Sleep, TokenOf
from signaling.meta.reading import optional_mapping
from signaling.meta_rules import Limits
from signaling.ports import Clock
from signaling.private import Payload, PhoneNumber, Sdp, Wacid

LookupsPerSecond = Callable[[PhoneNumberId], float]

PERMISSION_LOOKUP_SHARE: Final = 0.8
"""Of what Meta allows a number in a second, so that clocks which differ bring nobody over it."""
PERMISSION_LOOKUP_WAIT_S: Final = 5.0
PERMISSION_KEPT_S: Final = 5.0
PERMISSIONS_KEPT: Final = 1_000

# Meta documents which refusals these are, but neither their codes nor their texts (reference 1.2).
_CALL_IS_OVER: Final = re.compile(
    r"already (?:been )?(?:ended|completed|terminated|rejected|failed|finished|hung up)"
    r"|\bcall (?:has |is |was )?(?:been )?(?:ended|completed|terminated|over)\b",
    re.IGNORECASE,
)
_UNDER_WAY: Final = re.compile(r"already (?:been )?(?:in progress|pre-?accepted|accepted)", re.IGNORECASE)


TEMPLATES_A_PAGE: Final = 100
TEMPLATE_PAGES: Final = 20  # a bound of ours: an answer that always has a next page must end

# A customer hears ringing while we answer, so that one is the shortest.
ANSWERING: Final = Patience(attempt_s=5.0, total_s=12.0, attempts=3)
ENDING: Final = Patience(attempt_s=8.0, total_s=30.0, attempts=5)
READING: Final = Patience(attempt_s=8.0, total_s=20.0, attempts=3)
CHANGING: Final = Patience(attempt_s=10.0, total_s=30.0, attempts=3)  # saying it twice changes nothing
ONCE: Final = Patience(attempt_s=15.0, total_s=15.0, attempts=1)  # saying it twice could do it twice


@dataclass(frozen=True, slots=True)
class Patiences:
    """For each kind of request."""

    answering: Patience = ANSWERING
    ending: Patience = ENDING
    reading: Patience = READING
    changing: Patience = CHANGING
    once: Patience = ONCE


class GraphApi:
    """`token_of` gives the token of a number, `lookups_per_s` how often Meta lets it look permissions up (C9). Requests
    to an account (WABA) use the token of one of its numbers."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: str,
        version: str,
        token_of: TokenOf,
        clock: Clock,
        *,
        lookups_per_s: LookupsPerSecond = lambda _number: Limits().permission_reads_per_s,
        sleep: Sleep = asyncio.sleep,
        patiences: Patiences = Patiences(),
    ) -> None:
        self._lookups_per_s = lookups_per_s
        self._transport = GraphTransport(session, base_url, version, token_of, clock, sleep)
        self._patiences = patiences
        self._lookup_pacer: Pacer[PhoneNumberId] = Pacer(PERMISSION_LOOKUP_WAIT_S, sleep)
        self._lookups: ShortMemory[tuple[PhoneNumberId, Callee], CallPermissions] = ShortMemory(
            PERMISSION_KEPT_S, PERMISSIONS_KEPT
        )

    # ---- calls -------------------------------------------------------------------------------------------------------

    async def pre_accept(self, number: PhoneNumberId, wacid: Wacid, answer: Sdp) -> None:
        await self._answer("pre_accept", number, bodies.answer_call("pre_accept", wacid, answer))

    async def accept(self, number: PhoneNumberId, wacid: Wacid, answer: Sdp, options: CallOptions = NO_OPTIONS) -> None:
        """`answer`: the very bytes of `pre_accept`."""
        await self._answer("accept", number, bodies.answer_call("accept", wacid, answer, options))

    async def reject(self, number: PhoneNumberId, wacid: Wacid) -> None:
        """An inbound call that was not accepted. A call that is over already counts as rejected."""
        await self._end("reject", number, bodies.end_call("reject", wacid))

    async def terminate(self, number: PhoneNumberId, wacid: Wacid) -> None:
        """Any other call. A call that is over already counts as terminated."""
        await self._end("terminate", number, bodies.end_call("terminate", wacid))

    async def connect(
        self, number: PhoneNumberId, callee: Callee, offer: Sdp, options: CallOptions = NO_OPTIONS
    ) -> Wacid:
        """Start a call. Raises ConnectUnclear when it may have been started: then only a webhook can tell."""
        body = bodies.start_call(callee, offer, options)
        try:
            answer = await self._post("connect", number, (number, "calls"), body, self._patiences.once)
            if answer.get("success") is False:
                raise success_false()
            return Wacid(read_answer(CallStarted, answer).calls[0].id)
        except (GraphError, GraphUnreachable) as error:
            if error.perhaps_done:
                raise ConnectUnclear from None
            raise

    # ---- messages ----------------------------------------------------------------------------------------------------

    async def request_permission(self, number: PhoneNumberId, callee: Callee, text: str | None = None) -> MessageSent:
        """Ask to be allowed to call, inside an open service window. Refusals: 138009, 138011, 138017."""
        return await self._message("request_permission", number, bodies.permission_request(callee, text))

    async def send_template(
        self, number: PhoneNumberId, callee: Callee, name: str, language: str, components: Sequence[Body] = ()
    ) -> MessageSent:
        """Also outside the service window: a request for permission, or a call button (`call_button_parameters`)."""
        body = bodies.template_message(callee, name, language, components)
        return await self._message("send_template", number, body)

    async def send_call_button(
        self,
        number: PhoneNumberId,
        callee: Callee,
        text: str,
        *,
        label: str = "Call Now",
        ttl_minutes: int = 10_080,
        button_payload: Payload | None = None,
    ) -> MessageSent:
        """ValueError: label, lifetime or payload is beyond Meta's limits (reference 1.6)."""
        body = bodies.call_button(callee, text, label, ttl_minutes, button_payload)
        return await self._message("send_call_button", number, body)

    async def create_template(
        self,
        via: PhoneNumberId,
        waba: str,
        name: str,
        language: str,
        category: TemplateCategory,
        components: Sequence[Body],
    ) -> TemplateCreated:
        body = bodies.new_template(name, language, category, components)
        path = (waba, "message_templates")
        return read_answer(TemplateCreated, await self._post("create_template", via, path, body, self._patiences.once))

    async def delete_template(self, via: PhoneNumberId, waba: str, name: str, template_id: str) -> None:
        """In this one language alone: by `name` and nothing else Meta deletes all of them (Kaleyra's documentation of
        Meta's API, 2026-11). Said again, it is not there: 100 with the subcode 2593002."""
        query = {"name": name, "hsm_id": template_id}
        path, patience = (waba, "message_templates"), self._patiences.once
        request = Request("delete_template", "DELETE", via, path, patience, query=query)
        _must_be_done(await self._transport.send(request))

    async def templates(self, via: PhoneNumberId, waba: str) -> list[TemplateKnown]:
        """All of an account, whatever Meta has decided about them; the first TEMPLATE_PAGES pages."""
        found: list[TemplateKnown] = []
        query = {"fields": "name,language,status,category,rejected_reason,components", "limit": str(TEMPLATES_A_PAGE)}
        for _ in range(TEMPLATE_PAGES):
            page = read_answer(TemplatesPage, await self._get("templates", via, (waba, "message_templates"), query))
            found += page.data
            if page.paging.next is None or page.paging.cursors.after is None:
                break
            query = {**query, "after": page.paging.cursors.after}
        return found

    # ---- what Meta knows ---------------------------------------------------------------------------------------------

    async def call_permissions(self, number: PhoneNumberId, callee: Callee, *, fresh: bool = False) -> CallPermissions:
        """At most some seconds old, or asked for now (`fresh`). Raises NeighbourError `meta.613` when too many ask."""
        if not fresh and (known := self._lookups.recall((number, callee))) is not None:
            return known
        await self._lookup_pacer.turn(number, 1 / (PERMISSION_LOOKUP_SHARE * self._lookups_per_s(number)))
        query = {"user_wa_id" if isinstance(callee, PhoneNumber) else "recipient": callee.value}
        answer = await self._get("call_permissions", number, (number, "call_permissions"), query)
        found = read_answer(CallPermissions, answer)
        self._lookups.keep((number, callee), found)
        return found

    async def settings(self, number: PhoneNumberId, *, include_sip_credentials: bool = False) -> CallingSettings:
        query = {"include_sip_credentials": "true"} if include_sip_credentials else {}
        answer = await self._get("get_settings", number, (number, "settings"), query)
        calling = optional_mapping(answer.get("calling"))
        return read_answer(CallingSettings, {**calling, "raw": calling})

    async def update_settings(self, number: PhoneNumberId, calling: Mapping[str, object]) -> None:
        """Only the keys to change; but `call_hours` and `holiday_schedule` are replaced as a whole (reference 1.3)."""
        body: Body = {"calling": dict(calling)}
        _must_be_done(await self._post("update_settings", number, (number, "settings"), body, self._patiences.changing))

    async def phone_number(self, number: PhoneNumberId) -> PhoneNumberFields:
        """Name, quality, messaging limit and health of a number."""
        answer = await self._get("phone_number", number, (number,), {"fields": PHONE_NUMBER_FIELDS})
        return read_answer(PhoneNumberFields, answer)

    async def call_analytics(
        self,
        via: PhoneNumberId,
        waba: str,
        start: datetime,
        end: datetime,
        granularity: Granularity,
        *,
        directions: Sequence[Literal["USER_INITIATED", "BUSINESS_INITIATED"]] = (),
        phone_numbers: Sequence[PhoneNumber] = (),
        country_codes: Sequence[str] = (),
        dimensions: Sequence[str] = (),
        metric_types: Sequence[str] = (),
    ) -> CallAnalytics:
        fields = bodies.analytics_fields(
            start,
            end,
            granularity,
            directions=directions,
            phone_numbers=phone_numbers,
            country_codes=country_codes,
            dimensions=dimensions,
            metric_types=metric_types,
        )
        answer = await self._get("call_analytics", via, (waba,), {"fields": fields})
        return read_answer(CallAnalytics, answer.get("call_analytics"))

    async def subscribe_app(self, via: PhoneNumberId, waba: str) -> None:
        """Send the webhooks of this account to the app that the token belongs to."""
        path = (waba, "subscribed_apps")
        _must_be_done(await self._post("subscribe_app", via, path, None, self._patiences.changing))

    async def subscribed_apps(self, via: PhoneNumberId, waba: str) -> SubscribedApps:
        """The apps that get the webhooks of this account."""
        return read_answer(SubscribedApps, await self._get("subscribed_apps", via, (waba, "subscribed_apps"), {}))

    # ---- media -------------------------------------------------------------------------------------------------------

    async def upload_media(
        self, number: PhoneNumberId, content: bytes, mime_type: str, *, use_case: str | None = None
    ) -> str:
        """The id of the uploaded file. A voicemail greeting has `use_case="call_voicemail_announcement"`."""

        def form() -> aiohttp.FormData:
            data = aiohttp.FormData()
            data.add_field("messaging_product", "whatsapp")
            data.add_field("type", mime_type)
            if use_case is not None:
                data.add_field("use_case", use_case)
            data.add_field("file", content, filename="file", content_type=mime_type)
            return data

        once = self._patiences.once
        request = Request("upload_media", "POST", number, (number, "media"), once, form=form)
        return read_answer(MediaUploaded, await self._transport.send(request)).id

    async def media_file(self, number: PhoneNumberId, media_id: str) -> MediaFile:
        """Where a recording, transcript or voicemail can be fetched for the next five minutes."""
        return read_answer(MediaFile, await self._get("media_file", number, (media_id,), {}))

    # ---- ways of asking ----------------------------------------------------------------------------------------------

    async def _answer(self, action: str, number: PhoneNumberId, body: Body) -> None:
        request = Request(action, "POST", number, (number, "calls"), self._patiences.answering, json=body)
        _must_be_done(await self._transport.send(request, succeeded=_was_done_before))

    async def _end(self, action: str, number: PhoneNumberId, body: Body) -> None:
        def succeeded(error: GraphError, attempt: int) -> bool:
            return _says(_CALL_IS_OVER, error) or _was_done_before(error, attempt)

        request = Request(action, "POST", number, (number, "calls"), self._patiences.ending, json=body)
        _must_be_done(await self._transport.send(request, succeeded=succeeded))

    async def _message(self, action: str, number: PhoneNumberId, body: Body) -> MessageSent:
        answer = await self._post(action, number, (number, "messages"), body, self._patiences.once)
        return read_answer(MessageSent, answer)

    async def _get(self, action: str, number: PhoneNumberId, path: tuple[str, ...], query: Mapping[str, str]) -> Answer:
        return await self._transport.send(Request(action, "GET", number, path, self._patiences.reading, query=query))

    async def _post(
        self, action: str, number: PhoneNumberId, path: tuple[str, ...], body: Body | None, patience: Patience
    ) -> Answer:
        return await self._transport.send(Request(action, "POST", number, path, patience, json=body))


def _must_be_done(answer: Answer) -> None:
    """A 200 alone is no success: `success: false` has been seen with it (reference 1.2)."""
    if answer.get("success") is False:
        raise success_false()
    if answer.get("success") is not True:
        raise bad_answer(200)


def _says(text: re.Pattern[str], error: GraphError) -> bool:
    return text.search(f"{error.title} {error.details}") is not None


def _was_done_before(error: GraphError, attempt: int) -> bool:
    """Our first attempt arrived and only its answer was lost: the repetition is refused because it worked."""
    return attempt > 1 and _says(_UNDER_WAY, error)
