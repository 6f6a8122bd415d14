"""`/api/v1/openapi.json`, from the same declarations and the same pydantic types that validate."""

import json
import re
from collections.abc import Sequence
from typing import Any, Final, Literal

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway.api.door import Access
from gateway.api.errors import ErrorAnswer
from gateway.api.operations import ROOT, Operation

VERSION: Final = "1"
COMPONENTS: Final = "#/components/schemas/"
Mode = Literal["validation", "serialization"]

USUAL_ERRORS: Final = {
    401: "No session and no key, or neither works any more.",
    403: "The role or the scopes do not allow it; or a page of another site asks.",
    429: "Too many requests; `Retry-After` says how many seconds to wait.",
    503: "A neighbour (the database, Meta) does not answer; try again after `Retry-After`.",
}
READS_BODY: Final = {413: "The body is too large.", 415: "The body is not application/json."}


def describing(operations: Sequence[Operation]) -> Operation:
    """The route that tells of the others. It is made once and holds nothing private."""
    text = json.dumps(document(operations))

    async def describe(request: web.Request) -> web.Response:
        return web.Response(text=text, content_type="application/json")

    return Operation(
        name="describe",
        method="GET",
        path="/openapi.json",
        summary="This description.",
        access=Access(is_public=True),
        answer=None,
        raw=describe,
    )


def document(operations: Sequence[Operation]) -> dict[str, Any]:
    """OpenAPI 3.1."""
    kinds: dict[tuple[type[BaseModel], Mode], None] = {(ErrorAnswer, "serialization"): None}
    for operation in operations:
        for kind in (operation.body, operation.query):
            if kind is not None:
                kinds[(kind, "validation")] = None
        if operation.answer is not None:
            kinds[(operation.answer, "serialization")] = None
    refs, definitions = models_json_schema(list(kinds), ref_template=COMPONENTS + "{model}")
    schemas: dict[str, Any] = definitions.get("$defs", {})
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        methods = paths.setdefault(ROOT + operation.path, {})
        methods[operation.method.lower()] = _operation(operation, refs, schemas)
    for operation in operations:  # they are spread over parameters
        if operation.query is not None:
            schemas.pop(_name(refs[operation.query, "validation"]), None)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Ramal",
            "version": VERSION,
            "description": "WhatsApp calls: permission, calls, invites, protocols, presence and events.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "`ramal api-key add` makes one."},
                "session": {"type": "apiKey", "in": "cookie", "name": "ramal_session"},
            },
        },
    }


def _operation(operation: Operation, refs: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.tag],
        "responses": _responses(operation, refs),
        "security": _security(operation),
    }
    if operation.access.scope is not None:
        made["x-scope"] = operation.access.scope.value
    if operation.access.roles:
        made["x-roles"] = sorted(role.value for role in operation.access.roles)
    if parameters := [*_path(operation), *_query(operation, refs, schemas), *_headers(operation)]:
        made["parameters"] = parameters
    if operation.body is not None:
        content = {"application/json": {"schema": refs[operation.body, "validation"]}}
        made["requestBody"] = {"required": True, "content": content}
    if operation.takes:
        made["requestBody"] = {"required": True, "content": {kind: {} for kind in operation.takes}}
    return made


def _responses(operation: Operation, refs: Any) -> dict[str, Any]:
    fine: dict[str, Any] = {"description": operation.summary}
    if operation.answer is not None:
        fine["content"] = {"application/json": {"schema": refs[operation.answer, "serialization"]}}
    if operation.gives is not None:
        fine["content"] = {operation.gives: {}}
    responses = {str(operation.status): fine}
    for status, description in operation.also.items():
        responses[str(status)] = {**fine, "description": description}
    errors = dict(operation.errors)
    if not operation.access.is_public:
        errors = {**USUAL_ERRORS, **errors}
    if operation.body is not None:
        errors = {**READS_BODY, **errors}
    if operation.body is not None or operation.query is not None:
        errors = {400: "Something is missing, wrong or unknown; `message` names it.", **errors}
    if operation.path_patterns:
        errors = {404: "There is nothing here, or nothing that the caller may see.", **errors}
    for status, description in sorted(errors.items()):
        schema = refs[ErrorAnswer, "serialization"]
        responses[str(status)] = {"description": description, "content": {"application/json": {"schema": schema}}}
    return responses


def _security(operation: Operation) -> list[dict[str, list[str]]]:
    if operation.access.is_public:
        return []
    key: list[dict[str, list[str]]] = [{"key": []}] if operation.access.scope is not None else []
    return [*key, {"session": []}] if operation.access.roles else key


def _path(operation: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "pattern": f"^{operation.path_patterns[name]}$"},
        }
        for name in re.findall(r"\{(\w+)\}", operation.path)
    ]


def _query(operation: Operation, refs: Any, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    schema = schemas[_name(refs[operation.query, "validation"])]
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _without_null(field)}
        for name, field in schema.get("properties", {}).items()
    ]


def _without_null(field: dict[str, Any]) -> dict[str, Any]:
    """A parameter is there or not; a query has no null."""
    options = [option for option in field.get("anyOf", []) if option.get("type") != "null"]
    rest = {name: value for name, value in field.items() if name not in ("anyOf", "default") or value is not None}
    if len(options) == 1:
        rest.pop("anyOf", None)
        return {**options[0], **rest}
    return rest


def _headers(operation: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "header",
            "required": True,
            "description": description,
            "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{1,128}$"},
        }
        for name, description in operation.headers.items()
    ]


def _name(ref: dict[str, Any]) -> str:
    return str(ref["$ref"]).removeprefix(COMPONENTS)
