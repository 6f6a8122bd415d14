"""What a report by e-mail looks like, in its language."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from gateway.report_figures import Figures, figures_csv
from gateway.report_mail import report_message
from gateway.report_tables import Table, tables_of
from gateway.report_words import WORDS
from signaling.report_times import Every, ReportTime
from store.costs import Cost, CostLine, Costs
from store.funnel import Funnel, FunnelLine
from store.measures import By, Inbound, Measured, Outbound, Work
from store.quality import Quality, SideQuality
from store.rate_cards import StoredCard
from store.report_models import SendState
from store.reports import ReportForm, Send

PAULO = ZoneInfo("America/Sao_Paulo")
SINCE, UNTIL = datetime(2026, 3, 2, 3, tzinfo=UTC), datetime(2026, 3, 9, 3, tzinfo=UTC)
GOOD = SideQuality(good=9, fair=1, poor=0, mos=4.123, loss_percent=0.55, jitter_ms=3.0, round_trip_ms=80.0)
SILENT = SideQuality(0, 0, 0, None, None, None, None)
FUNNEL = Funnel(asked=10, delivered=9, temporary=3, permanent=1, refused=2, called=3, reached=2, unasked=1, revoked=1)
COST = Cost(12, Decimal("1234.5"), {"BRL": Decimal("1234.50"), "USD": Decimal("0.0108")}, 2, Decimal("0.6"))
CALLS = Inbound(
    offered=1200,
    answered=900,
    answered_in_time=800,
    missed=200,
    abandoned=100,
    picked_up=1000,
    answer_s=9000,
    talk_s=112_500,
)
OF_ANA = Measured(
    *("7", "Ana <b>", CALLS, Outbound(placed=40, answered=10, talk_s=614)),
    Work(in_talks=2, in_talk_s=250, out_talks=1, out_talk_s=61.4, held_calls=2, held_s=65, wrap_ups=3, wrap_up_s=4000),
    of_agent=True,
)
FULL = Figures(
    calls=[OF_ANA],
    permissions=[
        FunnelLine("7", "Ana <b>", FUNNEL),
        FunnelLine("key:3", "CRM", FUNNEL),
        FunnelLine("system", None, Funnel(asked=1)),
        FunnelLine(None, None, Funnel(lapsed=4)),
    ],
    quality=[Quality("7", "Ana <b>", 10, GOOD, SILENT)],
    all_quality=Quality(None, None, 10, GOOD, SILENT),
    costs=Costs((CostLine("7", "Ana <b>", COST),), (), COST, StoredCard()),
)
EMPTY = Figures([], [], [], None, Costs((), (), Cost(), StoredCard()))


def form(language: str = "pt-BR", grouped: By = By.AGENT, *, csv: bool = False) -> ReportForm:
    when = ReportTime(Every.WEEK, 480, PAULO)
    return ReportForm("Semana", when, language, grouped, ("rosa@example.com",), None, None, csv)


def rows_of(table: Table) -> list[dict[str, str]]:
    return [dict(zip(table.head, row, strict=True)) for row in table.rows]


def test_each_language_says_everything() -> None:
    assert {frozenset(words) for words in WORDS.values()} == {frozenset(WORDS["en"])}
    assert all(text for words in WORDS.values() for text in words.values())


@pytest.mark.parametrize(
    ("language", "minutes", "brl", "usd", "mos"),
    [
        ("pt-BR", "1234,5", "1234,50", "0,0108", "4,12"),
        ("en", "1234.5", "1234.50", "0.0108", "4.12"),
        ("es", "1234,5", "1234,50", "0,0108", "4,12"),
    ],
)
def test_figures_are_written_by_the_language(language: str, minutes: str, brl: str, usd: str, mos: str) -> None:
    words = WORDS[language]
    _, _, _, quality, costs = tables_of(form(language), FULL)
    one, every = rows_of(costs)
    assert (one[words["minutes"]], one[words["amount"].format(currency="BRL")]) == (minutes, brl)
    assert every[words["amount"].format(currency="USD")] == usd
    heard = rows_of(quality)[0]
    assert (heard[words["customer_mos"]], heard[words["agent_mos"]]) == (mos, "–")


def test_times_are_of_each_agent_and_requests_of_whoever_asked() -> None:
    calls, times, permissions, _, _ = tables_of(form(), FULL)
    assert rows_of(calls)[0]["Atendidas em até 20 s (%)"] == "66,7"
    ana = rows_of(times)[0]
    assert (ana["Conversa média"], ana["Em espera, média"]) == ("2:05", "0:32")
    assert (ana["Pós-atendimento total"], times.note[:27]) == ("1:06:40", "Cada chamada conta uma vez,")
    assert [row[0] for row in permissions.rows] == [
        *("Ana <b>", "Chave de API: CRM", "O Ramal, sozinho", "Sem pedido, ou de quem não se sabe", "Total"),
    ]
    assert rows_of(permissions)[-1]["Pedidos"] == "21"
    by_day = replace(OF_ANA, key="2026-03-02", name=None, of_agent=False)
    _, times, *_ = tables_of(form(grouped=By.DAY), replace(EMPTY, calls=[by_day]))
    assert (times.rows[0][0], times.note) == ("02/03/2026", "")


@pytest.mark.parametrize("language", list(WORDS))
def test_a_mail_says_the_same_as_text_and_as_tables_and_names_are_no_markup(language: str) -> None:
    send = Send("2026-03-02", SINCE, UNTIL, UNTIL, SendState.WAITING, 0, None, None, 0)
    for figures in (FULL, EMPTY):
        message = report_message(form(language), send, figures, "ramal@example.com", "https://calls.example.com", "1.x")
        text, page = (message.get_body((kind,)) for kind in ("plain", "html"))
        assert text is not None and page is not None
        shown = page.get_content()
        for title in ("calls", "times", "permissions", "quality", "costs"):
            assert WORDS[language][title].upper() in text.get_content()
            assert f">{WORDS[language][title]}</h2>" in shown
        assert "<b>" not in shown
        for empty in ("nobody", "no_permissions", "no_quality", "no_costs"):
            assert (WORDS[language][empty] in shown) is (figures is EMPTY)


@pytest.mark.parametrize("language", list(WORDS))
def test_whose_calls_a_mail_tells_of_stands_in_it_where_they_are_not_all(language: str) -> None:
    send = Send("2026-03-02", SINCE, UNTIL, UNTIL, SendState.WAITING, 0, None, None, 0)
    told = (form(language), send, EMPTY, "ramal@example.com", "https://calls.example.com", "1.x")
    text, page = (report_message(*told, "Sara <b>").get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None and page is not None
    assert WORDS[language]["seen_by"].format(name="Sara <b>") in text.get_content()
    assert "Sara &lt;b&gt;" in page.get_content()
    every = report_message(*told).get_body(("plain",))
    assert every is not None and WORDS[language]["seen_by"].split("{")[0] not in every.get_content()


def test_the_table_for_spreadsheets_has_every_group_of_any_figure_once() -> None:
    lines = figures_csv(FULL).splitlines()
    assert [line.split(",")[:2] for line in lines[1:]] == [
        *(["7", "Ana <b>"], ["key:3", "CRM"], ["system", ""], ["", ""])
    ]
    assert {len(line.split(",")) for line in lines} == {len(lines[0].split(","))}
    assert lines[0].endswith("cost_calls,cost_minutes,cost_unpriced_minutes,cost_BRL,cost_USD")
    assert lines[1].endswith("12,1234.5,0.6,1234.50,0.0108") and lines[2].endswith("0,0,0,,")
