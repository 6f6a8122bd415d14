"""`/api/v1/calls/exports`: a list of calls as CSV or Parquet. Whoever sees the list may take it away; who may not
export for a department is told its customers by label, as on the page. Every export stands in the audit."""

from typing import Annotated, Final, Protocol
from zoneinfo import ZoneInfo

from aiohttp import web
from pydantic import AfterValidator, Field

from gateway.api.call_filters import CallFilters, ReplaySight, wanted_of
from gateway.api.door import EVERYBODY, Access, Caller
from gateway.api.errors import ApiError, not_found
from gateway.api.operations import Answer, Asked, Nothing, Operation
from gateway.export_rows import Telling
from gateway.exports import CallExports, Export, ExportState, Format, NoExport, Order
from gateway.settings import read_zone
from signaling.call_grants import Granted
from signaling.ports import Clock
from store.api_keys import Scope
from store.audit import Entry, SqlAudit

EXPORTS: Final = Access(Scope.CALLS_READ, EVERYBODY)
EXPORT_ID: Final = "[0-9a-f]{32}"
BUSY_RETRY_S: Final = 5.0
CONTENT_TYPES: Final = {Format.CSV: "text/csv; charset=utf-8", Format.PARQUET: "application/vnd.apache.parquet"}
PLAIN: Final = ("number_id", "department_id", "agent_id", "direction", "outcome", "since", "until")
"""Filters whose values name no customer, and stand in the audit."""


class ExportQuery(CallFilters):
    format: Format = Format.CSV
    zone: Annotated[
        str | None,
        Field(max_length=64, description="Of times in a CSV, as in the IANA database; by default the account's."),
        AfterValidator(read_zone),
    ] = None


class ExportTold(Answer):
    id: str
    state: ExportState
    format: Format
    rows: Annotated[int, Field(description="Written so far.")]
    of: int
    reason: Annotated[str | None, Field(description="Why it failed: `unavailable`, `disk`, `format`.")]
    size_bytes: int | None
    file_name: str
    numbers: Annotated[
        str, Field(description="Whether customers' numbers are in it: `all`, `some` (of some departments), `none`.")
    ]


class ExportGrants(ReplaySight, Protocol):
    """`gateway.api.replayers.Replayers`. May raise NeighbourError."""

    async def told_in_full(self, who: Caller) -> Granted | None: ...


class ExportRoutes:
    def __init__(self, exports: CallExports, grants: ExportGrants, audit: SqlAudit, zone: str, clock: Clock) -> None:
        self._exports, self._grants, self._audit = exports, grants, audit
        self._zone, self._clock = zone, clock

    def operations(self) -> list[Operation]:
        one = {"export_id": EXPORT_ID}
        return [
            Operation(
                name="exportCalls",
                method="POST",
                path="/calls/exports",
                summary="Have calls written into a file; the same filters as `GET /calls`.",
                access=EXPORTS,
                query=ExportQuery,
                answer=ExportTold,
                handler=self.begin,
                status=202,
                errors={
                    409: "Another export is being made (`busy`); `Retry-After` says when to ask again.",
                    422: "There are more calls than an export takes (`too_many`): narrow the filter.",
                },
                tag="calls",
            ),
            Operation(
                name="getExport",
                method="GET",
                path="/calls/exports/{export_id}",
                path_patterns=one,
                summary="How far an export is. It is kept for a quarter of an hour.",
                access=EXPORTS,
                answer=ExportTold,
                handler=self.one,
                tag="calls",
            ),
            Operation(
                name="takeExport",
                method="GET",
                path="/calls/exports/{export_id}/file",
                path_patterns=one,
                summary="The file of an export that is ready.",
                access=EXPORTS,
                answer=None,
                streams=self.file,
                gives=CONTENT_TYPES[Format.CSV],
                errors={409: "It is being made, or failed (`not_ready`)."},
                tag="calls",
            ),
            Operation(
                name="dropExport",
                method="DELETE",
                path="/calls/exports/{export_id}",
                path_patterns=one,
                summary="Stop an export, and remove its file.",
                access=EXPORTS,
                answer=None,
                handler=self.drop,
                status=204,
                tag="calls",
            ),
        ]

    async def begin(self, asked: Asked[Nothing, ExportQuery]) -> ExportTold:
        query, who = asked.query, asked.who
        wanted = await wanted_of(query, who, self._grants)
        telling = Telling(ZoneInfo(query.zone or self._zone), await self._grants.told_in_full(who))
        numbers = _numbers(telling)
        about = {name: str(value) for name in PLAIN if (value := getattr(query, name)) is not None}

        async def note_what_is_asked(export: Export) -> None:
            more = {"format": query.format.value, "rows": export.of, "numbers": numbers, "by": ",".join(query.names())}
            await self._audit.append(Entry(self._clock(), who.actor, "calls.exported", export.id, {**about, **more}))

        async def note_what_is_in_it(export: Export) -> None:
            await self._audit.append(
                Entry(self._clock(), who.actor, "calls.export_made", export.id, {"rows": export.rows})
            )

        try:
            order = Order(wanted, query.format, telling)
            export = await self._exports.begin(order, who.actor, note_what_is_asked, note_what_is_in_it)
        except NoExport as refused:
            raise _refusal(refused) from None
        return _told(export, numbers)

    async def one(self, asked: Asked[Nothing, Nothing]) -> ExportTold:
        export = await self._exports.get(asked.path["export_id"], asked.who.actor)
        if export is None:
            raise not_found()
        return _told(export, _numbers(Telling(ZoneInfo(self._zone), await self._grants.told_in_full(asked.who))))

    async def file(self, request: web.Request, who: Caller) -> web.StreamResponse:
        export = await self._exports.get(request.match_info["export_id"], who.actor)
        if export is None:
            raise not_found()
        if export.state is not ExportState.READY:
            raise ApiError(409, "not_ready", "The file is not there yet, or could not be made.")
        await self._audit.append(Entry(self._clock(), who.actor, "calls.export_taken", export.id, {"rows": export.of}))
        headers = {
            "Content-Type": CONTENT_TYPES[export.format],
            "Content-Disposition": f'attachment; filename="{export.file_name}"',
            "Cache-Control": "private, no-store",
        }
        return web.FileResponse(export.path, headers=headers)

    async def drop(self, asked: Asked[Nothing, Nothing]) -> None:
        if not await self._exports.drop(asked.path["export_id"], asked.who.actor):
            raise not_found()


def _refusal(refused: NoExport) -> ApiError:
    if refused.reason == "busy":
        return ApiError(409, "busy", "Exports are being made. Wait for yours.", BUSY_RETRY_S)
    return ApiError(
        422, "too_many", f"There are more than {refused.most} calls. Narrow the filter.", limit=refused.most
    )


def _numbers(telling: Telling) -> str:
    return "all" if telling.in_full is None else "some" if telling.in_full else "none"


def _told(export: Export, numbers: str) -> ExportTold:
    return ExportTold(
        id=export.id,
        state=export.state,
        format=export.format,
        rows=export.rows,
        of=export.of,
        reason=export.reason,
        size_bytes=export.size_bytes,
        file_name=export.file_name,
        numbers=numbers,
    )
