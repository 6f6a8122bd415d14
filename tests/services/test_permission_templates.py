"""What Meta thinks of our templates is known here, and customers are asked by one that it sends. The strict simulated
Meta over HTTP, and real databases."""

import asyncio

import pytest

from gateway.template_keeper import TemplateKeeper
from signaling.errors import Failure, Fault, NeighbourError
from signaling.ids import PhoneNumberId
from signaling.meta.graph_answers import TemplateKnown
from signaling.permission_templates import Template, TemplatesAtMeta, Use, use_of
from signaling.ports import Number
from signaling.verdict import Allowed, Refused
from store.audit import SqlAudit
from store.database import Database
from store.number_plans import ChangedMeanwhile, Writing
from store.permission_templates import SqlPermissionTemplates
from tests.browser.meta import LOOK_EVERY_S
from tests.services.samples import NOW, build_town, numbers_in
from tests.services.test_permissions_at_meta import ANA, MARIA, PNID, Town, town  # noqa: F401

USUAL = Template("pedido_ligacao_v1", "pt_BR")
SPANISH = Template("podemos_llamar", "es")
MAKES = {
    "category": "UTILITY",
    "components": [{"type": "BODY", "text": "¿Podemos llamarle?"}, {"type": "call_permission_request"}],
}


def keeper_of(town: Town, database: Database) -> TemplateKeeper:  # noqa: F811
    return TemplateKeeper(SqlPermissionTemplates(database), numbers_in(database), town.graph, town.clock)


async def number_now(database: Database) -> Number:
    number = await numbers_in(database).by_phone_number_id(PhoneNumberId(PNID))
    assert number is not None
    return number


async def test_a_customer_is_asked_in_the_language_of_their_country_by_a_template_that_meta_sends(
    town: Town,  # noqa: F811
    database: Database,
) -> None:
    keeper, meta = keeper_of(town, database), town.simulator.exchange.permissions.templates
    meta.create({"name": SPANISH.name, "language": "es", **MAKES})
    await keeper.store.write(town.number.id, "Podemos ligar?", (USUAL, SPANISH), Writing("user:1", town.clock()))
    await keeper.ask(town.number.id)
    number = await number_now(database)
    assert number.templates == (USUAL, SPANISH)
    assert number.template_for("MX") == SPANISH
    assert number.template_for("BR") == USUAL
    known = {one.language: one for one in (number.templates_at_meta or TemplatesAtMeta(NOW)).known}
    assert (known["es"].status, known["es"].text, known["es"].category) == (
        *("APPROVED", "¿Podemos llamarle?"),
        "UTILITY",
    )
    meta.decide("podemos_llamar", "es", "PAUSED", "NONE")
    await keeper.ask(town.number.id)
    assert (await number_now(database)).template_for("MX") == USUAL, "a paused one is passed over"


async def test_a_pause_that_we_did_not_know_of_is_said_in_metas_word_and_then_known(
    town: Town,  # noqa: F811
    database: Database,
) -> None:
    keeper, meta = keeper_of(town, database), town.simulator.exchange.permissions.templates
    town.permissions.on_template_refused = keeper.refused
    await keeper.ask(town.number.id)
    number = await number_now(database)
    meta.decide(*("pedido_ligacao_v1", "pt_BR"), "PAUSED", "NONE")
    refused = await town.permissions.ask(number, MARIA)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.next_step, refused.meta_code) == (
        "permission.template_paused",
        "mend_template",
        132015,
    )
    async with asyncio.timeout(20):
        while True:
            if not (number := await number_now(database)).has_template:
                break
            await asyncio.sleep(LOOK_EVERY_S)
    refused = await town.permissions.ask(number, MARIA)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.meta_code) == ("permission.template_refused", None), "Meta need not be asked again"
    await town.sim("POST", "customers/maria/write", {"text": "Oi"})
    await town.until(lambda: bool(town.changes))
    assert await town.permissions.ask(number, MARIA) == Allowed(), "inside the window no template is needed"
    meta.decide(*("pedido_ligacao_v1", "pt_BR"), "APPROVED", "NONE")
    await keeper.ask(number.id)
    assert (await number_now(database)).has_template
    await keeper.stop()


async def test_a_free_form_request_says_the_numbers_own_words_unless_who_asks_has_others(
    town: Town,  # noqa: F811
    database: Database,
) -> None:
    store = SqlPermissionTemplates(database)
    await store.write(town.number.id, "Posso ligar agora?", (USUAL,), Writing("user:1", town.clock()))
    await town.sim("POST", "customers/maria/write", {"text": "Oi"})
    await town.until(lambda: bool(town.changes))
    number = await number_now(database)
    assert await town.permissions.ask(number, MARIA) == Allowed()
    assert town.phone()["messages"][-1]["text"] == "Posso ligar agora?"
    told = len(town.changes)
    await town.sim("POST", "customers/ana/write", {"text": "Oi"})
    await town.until(lambda: len(town.changes) > told)
    assert await town.permissions.ask(number, ANA, text="E hoje?") == Allowed()
    assert town.phone(ANA)["messages"][-1]["text"] == "E hoje?"


async def test_while_meta_is_away_what_was_known_stays_and_the_reason_is_shown(
    town: Town,  # noqa: F811
    database: Database,
) -> None:
    keeper = keeper_of(town, database)
    await keeper.ask(town.number.id)
    answered = await keeper.store.of(town.number.id)
    assert answered is not None and answered.at_meta is not None

    class Away:
        async def templates(self, via: PhoneNumberId, waba: str) -> list[TemplateKnown]:
            raise NeighbourError(Failure("network.unreachable", Fault.META))

    keeper.graph = Away()
    seen = await keeper.look(town.number.id)
    assert seen is not None
    assert (seen.failure, seen.answered_at, seen.known) == (
        *("network.unreachable", answered.at_meta.answered_at),
        answered.at_meta.known,
    )
    assert use_of(USUAL, seen) is Use.FINE


async def test_a_template_under_review_is_looked_at_soon_and_one_of_two_administrators_is_told(
    town: Town,  # noqa: F811
    database: Database,
) -> None:
    keeper, meta = keeper_of(town, database), town.simulator.exchange.permissions.templates
    meta.review = "PENDING"
    meta.create({"name": "novo", "language": "pt_BR", **MAKES})
    stored = await keeper.store.of(town.number.id)
    assert stored is not None
    seen = stored.document.version
    await keeper.store.write(town.number.id, "", (Template("novo", "pt_BR"),), Writing("user:1", NOW, seen))
    with pytest.raises(ChangedMeanwhile):
        await keeper.store.write(town.number.id, "", (), Writing("user:2", NOW, seen))
    await keeper.ask(town.number.id)
    assert (await keeper.store.kept())[town.number.id] is True
    assert not (await number_now(database)).has_template
    [line] = await SqlAudit(database).newest(1)
    assert (line.actor, line.action, line.data["templates"]) == (
        *("user:1", "number.templates_written"),
        "novo (pt_BR)",
    )


async def test_a_number_without_templates_that_calls_nobody_is_not_asked_about(database: Database) -> None:
    quiet = await build_town(database)
    assert quiet.number.id not in await SqlPermissionTemplates(database).kept()
