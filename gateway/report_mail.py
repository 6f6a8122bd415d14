"""A report as an e-mail: plain text and a table, in three languages. What people are called is text, never markup."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import astuple, fields
from datetime import UTC, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from io import StringIO
from typing import Final

from gateway.export_rows import unrunnable
from store.measures import By, Inbound, Measured, Outbound, Work, total
from store.reports import ReportForm, Send

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "pt-BR": {
        "of": "{first} a {last}",
        "offered": "Recebidas",
        "answered": "Atendidas",
        "lost": "Perdidas",
        "rate": "Atendidas (%)",
        "level": "Atendidas em até 20 s (%)",
        "wait": "Espera média",
        "placed": "Feitas",
        "picked_up": "Feitas e atendidas",
        "total": "Total",
        "nobody": "Nenhuma chamada neste período.",
        "zone": "Dias de {zone}.",
        "more": "Todos os indicadores: {url}",
        "day": "Dia",
        "hour": "Hora",
        "number": "Número",
        "department": "Departamento",
        "agent": "Atendente",
        "none": "Sem {what}",
    },
    "en": {
        "of": "{first} to {last}",
        "offered": "Received",
        "answered": "Answered",
        "lost": "Missed",
        "rate": "Answered (%)",
        "level": "Answered within 20 s (%)",
        "wait": "Mean wait",
        "placed": "Placed",
        "picked_up": "Placed and answered",
        "total": "Total",
        "nobody": "No calls in this time.",
        "zone": "Days of {zone}.",
        "more": "All measures: {url}",
        "day": "Day",
        "hour": "Hour",
        "number": "Number",
        "department": "Department",
        "agent": "Agent",
        "none": "No {what}",
    },
    "es": {
        "of": "{first} a {last}",
        "offered": "Recibidas",
        "answered": "Atendidas",
        "lost": "Perdidas",
        "rate": "Atendidas (%)",
        "level": "Atendidas en 20 s (%)",
        "wait": "Espera media",
        "placed": "Hechas",
        "picked_up": "Hechas y atendidas",
        "total": "Total",
        "nobody": "Ninguna llamada en este período.",
        "zone": "Días de {zone}.",
        "more": "Todos los indicadores: {url}",
        "day": "Día",
        "hour": "Hora",
        "number": "Número",
        "department": "Departamento",
        "agent": "Agente",
        "none": "Sin {what}",
    },
}
COLUMNS: Final = ("offered", "answered", "lost", "rate", "level", "wait", "placed", "picked_up")
CELL: Final = "padding:6px 12px;border-bottom:1px solid #dde4e0;text-align:right"


def report_message(
    form: ReportForm, send: Send, lines: Sequence[Measured], sender: str, public_url: str, key: str
) -> EmailMessage:
    """`key` names report and period: a server or reader that gets it twice can tell that it is the same."""
    words = WORDS[form.language]
    first = send.since.astimezone(form.when.zone).date()
    last = (send.until - timedelta(seconds=1)).astimezone(form.when.zone).date()
    days = _day(first.isoformat(), form.language)
    if last != first:
        days = words["of"].format(first=days, last=_day(last.isoformat(), form.language))
    address = Address(addr_spec=sender)
    message = EmailMessage()
    message["From"], message["To"] = address, [Address(addr_spec=each) for each in form.recipients]
    message["Subject"] = f"{form.name}: {days}"
    message["Date"] = format_datetime(send.due_at.astimezone(UTC))
    message["Message-ID"] = f"<report.{key}.{int(send.due_at.timestamp())}@{address.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5: no holiday replies
    message["Content-Language"] = form.language
    notes = [
        words["zone"].format(zone=form.when.zone.key),
        words["more"].format(url=f"{public_url}/measures"),
    ]
    table = _table(form, lines)
    message.set_content("\n".join([f"{form.name}: {days}", "", *_as_text(table, words), "", *notes, ""]))
    message.add_alternative(_as_html(form, days, table, notes), subtype="html")
    if form.csv:
        name = f"ramal-{first.isoformat()}-{last.isoformat()}.csv"
        figures = figures_csv(lines).encode("utf-8-sig")  # spreadsheets know by the mark that it is UTF-8
        message.add_attachment(figures, maintype="text", subtype="csv", filename=name, params={"charset": "utf-8"})
    return message


def figures_csv(lines: Sequence[Measured]) -> str:
    """Every figure as it was counted, for spreadsheets and programs: sums and counts, seconds with a point."""
    parts = [("in", Inbound), ("out", Outbound), ("work", Work)]
    head = ["key", "name", *(f"{prefix}_{field.name}" for prefix, part in parts for field in fields(part))]
    text = StringIO()
    writer = csv.writer(text)  # RFC 4180
    writer.writerow(head)
    for line in lines:
        counts = (value for part in (line.inbound, line.outbound, line.work) for value in astuple(part))
        writer.writerow([line.key or "", unrunnable(line.name or ""), *(_figure(value) for value in counts)])
    return text.getvalue()


def _figure(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def _table(form: ReportForm, lines: Sequence[Measured]) -> list[list[str]]:
    """The head, a line for each group, and the total; only the head when nobody called."""
    words = WORDS[form.language]
    head = [words[form.grouped.value], *(words[column] for column in COLUMNS)]
    if not lines:
        return [head]
    rows = [[_name(line, form), *_cells(line, form.language)] for line in lines]
    return [head, *rows, [words["total"], *_cells(total(lines), form.language)]]


def _cells(line: Measured, language: str) -> list[str]:
    inbound, outbound = line.inbound, line.outbound
    meant = inbound.answered + inbound.missed + inbound.abandoned  # as on the page: without refused and failed ones
    return [
        str(inbound.offered),
        str(inbound.answered),
        str(inbound.missed + inbound.abandoned),
        _percent(inbound.answered, meant, language),
        _percent(inbound.answered_in_time, meant, language),
        _duration(inbound.answer_s / inbound.answered) if inbound.answered else "–",
        str(outbound.placed),
        str(outbound.answered),
    ]


def _percent(part: int, whole: int, language: str) -> str:
    if whole == 0:
        return "–"
    text = f"{100 * part / whole:.1f}"
    return text if language == "en" else text.replace(".", ",")


def _duration(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _name(line: Measured, form: ReportForm) -> str:
    words = WORDS[form.language]
    if line.key is None:
        return words["none"].format(what=words[form.grouped.value].lower())
    if form.grouped is By.DAY:
        return _day(line.key, form.language)
    if form.grouped is By.HOUR:
        return f"{int(line.key):02}:00"
    return line.name or line.key


def _day(iso: str, language: str) -> str:
    year, month, day = iso.split("-")
    return iso if language == "en" else f"{day}/{month}/{year}"


def _as_text(table: list[list[str]], words: Mapping[str, str]) -> list[str]:
    head, *rows = table
    if not rows:
        return [words["nobody"]]
    found = []
    for row in rows:
        told = [f"{name}: {value}" for name, value in zip(head[1:], row[1:], strict=True)]
        found += [row[0], f"  {', '.join(told)}"]
    return found


def _as_html(form: ReportForm, days: str, table: list[list[str]], notes: Sequence[str]) -> str:
    head, *rows = table
    first = CELL.replace("right", "left")

    def line(row: Sequence[str], tag: str) -> str:
        cells = [f'<{tag} style="{CELL if at else first}">{escape(text)}</{tag}>' for at, text in enumerate(row)]
        return f"<tr>{''.join(cells)}</tr>"

    body = "".join(line(row, "td") for row in rows)
    words = WORDS[form.language]
    shown = f"<table style='border-collapse:collapse'>{line(head, 'th')}{body}</table>"
    told = shown if rows else f"<p>{escape(words['nobody'])}</p>"
    small = "".join(f"<p style='color:#5b6a64'>{escape(note)}</p>" for note in notes)
    title = f"{escape(form.name)}: {escape(days)}"
    return (
        f"<!doctype html><html lang='{form.language}'><head><meta charset='utf-8'><title>{title}</title></head>"
        f"<body style='font-family:sans-serif'><h1 style='font-size:20px'>{title}</h1>{told}{small}</body></html>"
    )
