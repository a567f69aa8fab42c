"""A sheet as HTML: without a script, without anything from elsewhere, and good to print."""

from collections.abc import Sequence
from html import escape

from handlers.papers.sheet import Pair, Row, Sheet, Table, Text

STRONG = ' class="strong"'


def page(sheet: Sheet, head: str, foot: str = "") -> str:
    """Return a whole page; `head` brings its looks, `foot` is HTML for who reads it on a screen."""
    return (
        f'<!doctype html>\n<html lang="{sheet.lang}" dir="{sheet.direction}">'
        f'<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<meta name="robots" content="noindex">'
        f"<title>{escape(sheet.title.own)} {escape(sheet.number)}</title>{head}"
        f'<body class="paper"><main>{_body(sheet)}</main>{foot}</body></html>\n'
    )


def notice(lang: str, direction: str, title: str, text: str, head: str) -> str:
    """Return a page that says why there is no such sheet."""
    return (
        f'<!doctype html>\n<html lang="{lang}" dir="{direction}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>{head}'
        f'<body class="paper"><main><h1>{escape(title)}</h1><p>{escape(text)}</p></main>'
        "</body></html>\n"
    )


def _body(sheet: Sheet) -> str:
    mark = f'<p class="mark">{_both(sheet.mark)}</p>' if sheet.mark else ""
    buyer = f'<address class="buyer">{_lines(sheet.buyer)}</address>' if sheet.buyer else ""
    taxes = _table(sheet.taxes, "taxes") if sheet.taxes else ""
    notes = "".join(f"<p>{_both(note)}</p>" for note in sheet.notes)
    return (
        f'{mark}<header><address class="seller">{_lines(sheet.seller)}</address>'
        f"<h1>{_both(sheet.title)}</h1></header>{buyer}{_pairs(sheet.facts, 'facts')}"
        f"{_table(sheet.lines, 'lines') if sheet.lines.rows else ''}"
        f"{_pairs(sheet.sums, 'sums')}{taxes}{notes}"
    )


def _lines(lines: Sequence[str]) -> str:
    return "".join(f'<span dir="auto">{escape(line)}</span>' for line in lines)


def _both(text: Text) -> str:
    other = f' <small dir="auto">{escape(text.other)}</small>' if text.other else ""
    return f"<bdi>{escape(text.own)}</bdi>{other}"


def _pairs(pairs: Sequence[Pair], kind: str) -> str:
    rows = "".join(
        f"<div{STRONG if pair.strong else ''}><dt>{_both(pair.label)}</dt>"
        f"<dd><bdi>{escape(pair.value)}</bdi></dd></div>"
        for pair in pairs
    )
    return f'<dl class="{kind}">{rows}</dl>'


def _table(table: Table, kind: str) -> str:
    heads = "".join(f'<th scope="col">{_both(head)}</th>' for head in table.heads)
    rows = "".join(map(_row, table.rows))
    return f'<table class="{kind}"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def _row(row: Row) -> str:
    note = f'<bdi class="note">{escape(row.note)}</bdi> ' if row.note else ""
    cells = "".join(f"<td><bdi>{escape(cell)}</bdi></td>" for cell in row.cells)
    return f'<tr><th scope="row">{note}{_both(row.name)}</th>{cells}</tr>'
