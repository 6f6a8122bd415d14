"""The API holds what its own description promises: schemathesis makes requests, good and bad, to a real gateway."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from signaling.ids import NumberId
from store.api_keys import NewKey, Scope, SqlApiKeyStore
from store.database import Database
from store.protocols import NewProtocol, SqlProtocolStore
from tests.services.gateways import served
from tests.services.samples import build_town, customer

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

BOUNDED = settings(
    max_examples=12,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[tuple[str, str]]:
    """Address and an all-powerful key of a gateway with a town, a protocol and a subscription."""
    folder = tmp_path_factory.mktemp("gateway")
    path = folder / "ramal.db"
    path.write_bytes(sqlite_template.read_bytes())
    url = f"sqlite:///{path}"

    async def fill() -> str:
        database = Database(url)
        now = datetime.now(UTC)
        town = await build_town(database)
        new = NewProtocol(NumberId(town.number.id), customer("5511955550101"))
        await SqlProtocolStore(database).create(new, "shell", now)
        key = NewKey("everything", tuple(scope.value for scope in Scope), per_minute=1_000_000)
        _, token = await SqlApiKeyStore(database).add(key, now)
        await database.close()
        return token.value

    token = asyncio.run(fill())
    with served(url, folder) as gateway:
        yield gateway.url, token


def checker(operation: Any, url: str, token: str) -> Callable[[], None]:
    public = operation.path.endswith(("/session", "/openapi.json", "/capacity"))
    headers = {} if public else {"Authorization": f"Bearer {token}"}

    @BOUNDED
    @given(case=operation.as_strategy())
    def answers(case: Any) -> None:
        response = case.call(base_url=url, headers=headers)
        away = response.status_code == 503  # there is no Meta behind this gateway
        case.validate_response(response, checks=CHECKS[1:] if away else CHECKS)

    return answers


def test_every_route_answers_as_described(door: tuple[str, str]) -> None:
    url, token = door
    found: list[Any] = list(schemathesis.openapi.from_url(f"{url}/api/v1/openapi.json").get_all_operations())
    assert len(found) >= 20
    for each in found:
        checker(each.ok(), url, token)()
