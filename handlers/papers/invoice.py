"""The operator's invoice to a restaurant as a sheet of paper."""

from collections.abc import Iterator

from handlers.papers.sheet import Pair, Row, Sheet, Speaker, Table, Text
from state.domain.billing import HubInvoice, InvoiceDocument


def sheet(invoice: HubInvoice, lang: str, reminder: int = 0) -> Sheet:
    """Return an invoice for a reader of `lang`, or the so-manieth reminder of it."""
    document = invoice.document
    speaker = Speaker(lang, document.legal_language)
    title = speaker.say("paper.reminder", number=reminder) if reminder else None
    return Sheet(
        lang=speaker.own.lang,
        direction=speaker.own.direction,
        title=title or speaker.say("paper.invoice"),
        number=invoice.name,
        seller=_party(
            document.seller.name, document.seller.address, document.seller.tax_id, speaker
        ),
        buyer=_buyer(document, speaker),
        facts=tuple(_facts(invoice, speaker)),
        lines=Table(
            speaker.heads("paper.item", "paper.rate", "paper.amount"), (_row(document, speaker),)
        ),
        sums=tuple(_sums(document, speaker)),
        notes=(Text(document.pay_to),) if document.pay_to else (),
    )


def _party(name: str, address: str, tax_id: str, speaker: Speaker) -> tuple[str, ...]:
    label = speaker.say("paper.taxId").own
    return (name, *address.splitlines(), *([f"{label}: {tax_id}"] if tax_id else []))


def _buyer(document: InvoiceDocument, speaker: Speaker) -> tuple[str, ...]:
    buyer = document.buyer
    return _party(buyer.name or document.restaurant, buyer.address, buyer.tax_id, speaker)


def _facts(invoice: HubInvoice, speaker: Speaker) -> Iterator[Pair]:
    document, own = invoice.document, speaker.own
    yield Pair(speaker.say("paper.number"), invoice.name, strong=True)
    yield Pair(speaker.say("paper.date"), own.moment(invoice.issued_at, document.timezone))
    period = f"{own.day(document.since)} - {own.day(document.until)}"
    yield Pair(speaker.say("paper.period"), period)
    yield Pair(speaker.say("paper.due"), own.day(document.due_on), strong=True)


def _row(document: InvoiceDocument, speaker: Speaker) -> Row:
    own = speaker.own
    part = f"{document.days}/{document.whole}" if document.days < document.whole else ""
    amount = own.money(document.net, document.currency)
    return Row(Text(document.tariff), part, (own.rate(document.tax_rate), amount))


def _sums(document: InvoiceDocument, speaker: Speaker) -> Iterator[Pair]:
    def pair(key: str, amount: int, strong: bool = False) -> Pair:
        return Pair(speaker.say(key), speaker.own.money(amount, document.currency), strong)

    yield pair("paper.net", document.net)
    yield pair("paper.tax", document.tax)
    yield pair("pay.total", document.total, strong=True)
