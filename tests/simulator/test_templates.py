"""Message templates at the simulated Meta: what it takes, how it lists them, and which it does not send."""

from typing import Any

import pytest

from gateway.simulator.faults import FaultKind
from tests.simulator.fake_gateway import Bench, bench
from tests.simulator.payloads import payload
from tests.simulator.test_dialed import MARIA, PNID, QUICK

WABA = "204857600000001"
ASKS: dict[str, Any] = {"type": "call_permission_request"}
BODY = {"type": "BODY", "text": "Podemos ligar?"}


def template(**changes: Any) -> dict[str, Any]:
    return {"name": "ask", "language": "es", "category": "UTILITY", "components": [BODY, ASKS], **changes}


async def create(world: Bench, **changes: Any) -> tuple[int, Any]:
    return await world.graph("POST", f"{WABA}/message_templates", template(**changes))


async def send(world: Bench, name: str = "ask", language: str = "es") -> tuple[int, Any]:
    body = {
        "messaging_product": "whatsapp",
        "to": MARIA,
        "type": "template",
        "template": {"name": name, "language": {"code": language}},
    }
    return await world.graph("POST", f"{PNID}/messages", body)


async def test_the_template_of_metas_documentation_is_taken_and_its_answer_has_the_documented_shape() -> None:
    async with bench(QUICK) as world:
        made = {**payload("request_permission_template_create"), "name": "pedido_ligacao_v2"}
        status, answer = await world.graph("POST", f"{WABA}/message_templates", made)
        assert status == 200
        assert answer.keys() == payload("response_template_create").keys()


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Ask To Call"},
        {"language": "português"},
        {"category": "AUTHENTICATION"},
        {"components": [ASKS]},
        {"components": [ASKS, BODY]},
        {"components": [BODY, BODY, ASKS]},
        {"components": [BODY, {"type": "SURPRISE"}]},
        {"components": [{"type": "BODY", "text": ""}, ASKS]},
        {"components": [{"type": "BODY", "text": "Oi {{1}}"}, ASKS]},
        {"components": "BODY"},
    ],
)
async def test_a_template_that_is_none_is_refused(wrong: dict[str, Any]) -> None:
    async with bench(QUICK) as world:
        status, answer = await create(world, **wrong)
        assert (status, answer["error"]["code"]) == (400, 100)
        assert world.fault_kinds == {FaultKind.BAD_REQUEST.value}


async def test_the_same_name_in_the_same_language_exists_once() -> None:
    async with bench(QUICK) as world:
        assert (await create(world))[0] == 200
        status, answer = await create(world)
        assert (status, answer["error"]["error_subcode"]) == (400, 2388024)
        assert (await create(world, language="es_MX"))[0] == 200
        assert world.fault_kinds == set()


async def test_templates_are_listed_in_pages_with_the_fields_that_were_asked_for() -> None:
    async with bench(QUICK) as world:
        for number in range(3):
            await create(world, name=f"ask_{number}")
        names: list[str] = []
        after = ""
        while True:
            query = f"fields=name,status&limit=2{after}"
            status, page = await world.graph("GET", f"{WABA}/message_templates?{query}")
            assert status == 200
            assert all(one.keys() == {"id", "name", "status"} for one in page["data"])
            names += [one["name"] for one in page["data"]]
            if "next" not in page["paging"]:
                break
            after = f"&after={page['paging']['cursors']['after']}"
        assert names == ["pedido_ligacao_v1", "botao_ligar_v1", "ask_0", "ask_1", "ask_2"]
        _, found = await world.graph("GET", f"{WABA}/message_templates?language=es&name=ask_1")
        assert [one["name"] for one in found["data"]] == ["ask_1"]
        for wrong in ("fields=name,colour", "limit=0", "limit=many", "after=%%%"):
            assert (await world.graph("GET", f"{WABA}/message_templates?{wrong}"))[0] == 400


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("APPROVED", None),
        ("PENDING", 132001),
        ("REJECTED", 132001),
        ("PAUSED", 132015),
        ("DISABLED", 132016),
    ],
)
async def test_only_a_template_that_meta_has_approved_is_sent(status: str, code: int | None) -> None:
    async with bench(QUICK) as world:
        await create(world)
        decided, _ = await world.sim("PUT", "templates/ask/es", {"status": status, "reason": "INVALID_FORMAT"})
        assert decided == 200
        _, answer = await send(world)
        assert answer.get("error", {}).get("code") == code
        _, listed = await world.graph("GET", f"{WABA}/message_templates?fields=status,rejected_reason&name=ask")
        assert (listed["data"][0]["status"], listed["data"][0]["rejected_reason"]) == (status, "INVALID_FORMAT")
        assert (await world.sim("PUT", "templates/ask/es", {"status": "LOVED"}))[0] == 404


async def delete(world: Bench, query: str) -> tuple[int, Any]:
    return await world.graph("DELETE", f"{WABA}/message_templates?{query}")


async def test_a_template_is_deleted_in_one_language_by_its_id_or_in_all_by_its_name() -> None:
    async with bench(QUICK) as world:
        ids = [(await create(world, language=language))[1]["id"] for language in ("es", "fr", "it")]
        assert await delete(world, f"name=ask&hsm_id={ids[0]}") == (200, {"success": True})
        status, answer = await send(world)
        assert (status, answer["error"]["code"]) == (404, 132001), "it is not sent any more"
        _, listed = await world.graph("GET", f"{WABA}/message_templates?name=ask&fields=language")
        assert [one["language"] for one in listed["data"]] == ["fr", "it"]
        assert await delete(world, "name=ask") == (200, {"success": True})
        for query in ("name=ask", f"name=other&hsm_id={ids[0]}"):
            status, answer = await delete(world, query)
            assert (status, answer["error"]["code"], answer["error"]["error_subcode"]) == (400, 100, 2593002)
        assert (await delete(world, f"hsm_id={ids[0]}"))[0] == 400, "the name is needed beside it"
        status, answer = await create(world)
        assert (status, answer["error"]["error_subcode"]) == (400, 2388023), "its name is kept for weeks"
