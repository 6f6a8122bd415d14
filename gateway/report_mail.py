"""A report as an e-mail: plain text and tables, in three languages. What people are called is text, never markup."""

from collections.abc import Sequence
from datetime import UTC, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from typing import Final

from gateway.report_figures import Figures, figures_csv
from gateway.report_tables import Table, day_in, tables_of
from gateway.report_words import WORDS
from store.reports import ReportForm, Send

CELL: Final = "padding:6px 12px;border-bottom:1px solid #dde4e0;text-align:right;vertical-align:bottom"
FAINT: Final = "color:#5b6a64"


def report_message(
    form: ReportForm,
    send: Send,
    figures: Figures,
    sender: str,
    public_url: str,
    key: str,
    seen_by: str | None = None,
) -> EmailMessage:
    """`key` names report and period: a server or reader that gets it twice can tell that it is the same. `seen_by`: it
    is about the calls that this supervisor sees; None: about all."""
    words = WORDS[form.language]
    first = send.since.astimezone(form.when.zone).date()
    last = (send.until - timedelta(seconds=1)).astimezone(form.when.zone).date()
    days = day_in(first.isoformat(), form.language)
    if last != first:
        days = words["of"].format(first=days, last=day_in(last.isoformat(), form.language))
    address = Address(addr_spec=sender)
    message = EmailMessage()
    message["From"], message["To"] = address, [Address(addr_spec=each) for each in form.recipients]
    message["Subject"] = f"{form.name}: {days}"
    message["Date"] = format_datetime(send.due_at.astimezone(UTC))
    message["Message-ID"] = f"<report.{key}.{int(send.due_at.timestamp())}@{address.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5: no holiday replies
    message["Content-Language"] = form.language
    notes = [
        *([] if seen_by is None else [words["seen_by"].format(name=seen_by)]),
        words["zone"].format(zone=form.when.zone.key),
        words["more"].format(url=f"{public_url}/measures"),
    ]
    tables = tables_of(form, figures)
    message.set_content("\n".join([f"{form.name}: {days}", "", *_as_text(tables), *notes, ""]))
    message.add_alternative(_as_html(form, days, tables, notes), subtype="html")
    if form.csv:
        name = f"ramal-{first.isoformat()}-{last.isoformat()}.csv"
        table = figures_csv(figures).encode("utf-8-sig")  # spreadsheets know by the mark that it is UTF-8
        message.add_attachment(table, maintype="text", subtype="csv", filename=name, params={"charset": "utf-8"})
    return message


def _as_text(tables: Sequence[Table]) -> list[str]:
    found = []
    for table in tables:
        found += [table.title.upper(), *([] if table.rows else [table.nothing])]
        for row in table.rows:
            told = [f"{name}: {value}" for name, value in zip(table.head[1:], row[1:], strict=True)]
            found += [row[0], f"  {', '.join(told)}"]
        found += [*([table.note] if table.note and table.rows else []), ""]
    return found


def _as_html(form: ReportForm, days: str, tables: Sequence[Table], notes: Sequence[str]) -> str:
    title = f"{escape(form.name)}: {escape(days)}"
    shown = "".join(_table(table) for table in tables)
    small = "".join(f"<p style='{FAINT}'>{escape(note)}</p>" for note in notes)
    return (
        f"<!doctype html><html lang='{form.language}'><head><meta charset='utf-8'>"
        f"<meta name='viewport' content='width=device-width'><title>{title}</title></head>"
        f"<body style='font-family:sans-serif'><h1 style='font-size:20px'>{title}</h1>{shown}{small}</body></html>"
    )


def _table(table: Table) -> str:
    def line(row: Sequence[str], tag: str, more: str = "") -> str:
        first = f"{CELL.replace('right', 'left')};min-width:120px{more}"
        cells = [f'<{tag} style="{CELL + more if at else first}">{escape(text)}</{tag}>' for at, text in enumerate(row)]
        return f"<tr>{''.join(cells)}</tr>"

    heading = f"<h2 style='font-size:16px;margin:24px 0 8px'>{escape(table.title)}</h2>"
    if not table.rows:
        return f"{heading}<p style='{FAINT}'>{escape(table.nothing)}</p>"
    *groups, every = table.rows
    body = "".join(line(row, "td") for row in groups) + line(every, "td", ";font-weight:bold")
    # Wide tables are scrolled by themselves on a phone.
    shown = f"<table style='border-collapse:collapse;font-size:14px'>{line(table.head, 'th')}{body}</table>"
    note = f"<p style='{FAINT}'>{escape(table.note)}</p>" if table.note else ""
    return f"{heading}<div style='overflow-x:auto'>{shown}</div>{note}"
