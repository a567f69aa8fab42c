"""A receipt, or a credit note, as a sheet of paper."""

from collections.abc import Iterator

from handlers.papers.sheet import Pair, Row, Sheet, Speaker, Table, Text
from state.domain.receipt import Document, Line, Receipt

TIMES = "\u00d7"


def sheet(receipt: Receipt, lang: str, original: str = "") -> Sheet:
    """Return a receipt for a reader of `lang`; of a credit note `original` is what it is for."""
    document = receipt.document
    speaker = Speaker(lang, document.legal_language)
    back = receipt.refund_id is not None
    return Sheet(
        lang=speaker.own.lang,
        direction=speaker.own.direction,
        title=speaker.say("paper.creditNote" if back else "paper.receipt"),
        number=receipt.name,
        mark=speaker.say("pay.sandbox") if document.sandbox else None,
        seller=_seller(document, speaker),
        facts=tuple(_facts(receipt, original, speaker)),
        lines=Table(
            heads=speaker.heads("paper.item", "paper.rate", "paper.amount"),
            rows=tuple(_row(line, document, speaker) for line in document.lines),
        ),
        sums=tuple(_sums(document, back, speaker)),
        taxes=_taxes(document, speaker),
        notes=tuple(_notes(document, speaker)),
    )


def _seller(document: Document, speaker: Speaker) -> tuple[str, ...]:
    seller = document.seller
    lines = [seller.name or document.restaurant, *seller.address.splitlines()]
    if seller.name and seller.name != document.restaurant:
        lines.insert(0, document.restaurant)
    if seller.tax_id:
        label = speaker.say("paper.taxId")
        lines.append(f"{_both(label)}: {seller.tax_id}")
    return tuple(lines)


def _both(text: Text) -> str:
    return f"{text.own} / {text.other}" if text.other else text.own


def _facts(receipt: Receipt, original: str, speaker: Speaker) -> Iterator[Pair]:
    document = receipt.document
    yield Pair(speaker.say("paper.number"), receipt.name, strong=True)
    if original:
        yield Pair(speaker.say("paper.original"), original)
    when = speaker.own.moment(receipt.issued_at, document.timezone)
    yield Pair(speaker.say("paper.date"), when)
    if document.table_number:
        yield Pair(speaker.say("paper.table"), document.table_number)
    if document.order_numbers:
        numbers = ", ".join(f"#{number}" for number in document.order_numbers)
        yield Pair(speaker.say("paper.orders"), numbers)
    yield Pair(speaker.say("pay.how"), _both(speaker.say(f"pay.method.{document.method}")))
    if document.reason:
        yield Pair(speaker.say("paper.reason"), document.reason)


def _row(line: Line, document: Document, speaker: Speaker) -> Row:
    own = speaker.own
    part = f"{line.shares}/{line.of} {TIMES} " if line.of != line.shares else ""
    return Row(
        name=speaker.named(line.name, line.names),
        note=f"{part}{line.quantity} {TIMES}",
        cells=(own.rate(line.tax_rate), own.money(line.amount, document.currency)),
    )


def _sums(document: Document, back: bool, speaker: Speaker) -> Iterator[Pair]:
    def pair(key: str, amount: int, strong: bool = False) -> Pair:
        return Pair(speaker.say(key), speaker.own.money(amount, document.currency), strong)

    if document.shared:
        yield pair("paper.bill", sum(line.amount for line in document.lines))
    if document.purpose != "bill" and speaker.own.knows(f"paper.for.{document.purpose}"):
        yield pair(f"paper.for.{document.purpose}", document.amount)
    elif document.shared or document.tip:
        yield pair("paper.part" if document.shared else "pay.subtotal", document.amount)
    if document.tip:
        yield pair("pay.tip", document.tip)
    yield pair("pay.refunded" if back else "pay.total", document.total, strong=True)
    if document.tendered > document.total:
        yield pair("pay.given", document.tendered)
        yield pair("pay.change", document.tendered - document.total)


def _notes(document: Document, speaker: Speaker) -> Iterator[Text]:
    off = sum(line.discount for line in document.lines)
    if off:
        yield speaker.say("paper.less", amount=speaker.own.money(off, document.currency))


def _taxes(document: Document, speaker: Speaker) -> Table | None:
    if not document.taxes:
        return None

    def row(name: Text, net: int, tax: int) -> Row:
        amounts = (net, tax, net + tax)
        return Row(name, "", tuple(speaker.own.money(a, document.currency) for a in amounts))

    rows = [row(Text(speaker.own.rate(each.rate)), each.net, each.tax) for each in document.taxes]
    if document.service:
        rows.append(row(speaker.say("pay.service"), document.service, 0))
    heads = speaker.heads("paper.rate", "paper.net", "paper.tax", "paper.gross")
    return Table(heads, tuple(rows))
