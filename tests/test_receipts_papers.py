"""Receipts as guests get them: a page and a PDF file behind a link that expires."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from msgspec.structs import replace

from handlers.papers import receipt as paper
from handlers.papers.page import page
from handlers.papers.pdf import pdf
from handlers.papers.tongue import LANGUAGES, tongue
from state.domain import signed
from state.domain.legal import Legal
from state.domain.payment import Method
from state.domain.receipt import Document, Line, Receipt, TaxSum
from tests.conftest import SECRET
from tests.place import Place
from tests.test_receipts import dine

NASTY = '<script>x</script> #strong[y] "&'
NAMES = {"en": "Ember burger", "ja": "炭火バーガー", "ru": "Бургер", "ar": "برغر الجمر"}
SELLER = Legal(name="Linden GmbH", address="Lindenweg 3\n10115 Berlin", tax_id="DE 123456789")


WORDS = Path(__file__).parents[1] / "static" / "i18n" / "paper"
KEYS = [key for key, text in json.loads((WORDS / "en.json").read_text()).items() if "{" not in text]


def receipt(currency: str = "EUR", **more: Any) -> Receipt:
    lines = (
        Line(name="Glut-Burger", names=NAMES, quantity=2, amount=2_700, tax_rate=1_900),
        Line(name=NASTY, shares=1, of=3, amount=133, tax_rate=700),
    )
    fields: dict[str, Any] = {
        "seller": SELLER,
        "restaurant": "Linden & Ember",
        "language": "ja",
        "legal_language": "de",
        "timezone": "Europe/Berlin",
        "currency": currency,
        "table_number": "7",
        "order_numbers": (3, 4),
        "method": Method.CASH,
        "lines": lines,
        "amount": 2_833,
        "tip": 150,
        "total": 2_983,
        "taxes": (TaxSum(rate=700, net=124, tax=9), TaxSum(rate=1_900, net=2_269, tax=431)),
        "tendered": 3_000,
    }
    return Receipt(
        id="r",
        tenant_id="t",
        restaurant_id="h",
        series="R",
        year=2026,
        number=12,
        payment_id="p",
        issued_at=datetime(2026, 12, 31, 23, 30, tzinfo=UTC),
        document=Document(**fields | more),
    )


# What each language's readers find on it, whatever the law speaks.
READ = {
    "en": ["Receipt", "Ember burger", "€27.00", "Total", "€29.83", "Jan 1, 2027", "€0.17"],
    "ru": ["Чек", "Бургер", "27,00\xa0€", "Итого", "29,83\xa0€", "1 янв. 2027"],
    "de": ["Beleg", "Glut-Burger", "27,00\xa0€", "Gesamt", "29,83\xa0€", "01.01.2027"],
    "ja": ["領収書", "炭火バーガー", "€27.00", "合計", "€29.83", "2027/01/01"],
    "ar": ["إيصال", "برغر الجمر", "27.00\xa0€", "الإجمالي", "29.83\xa0€"],
}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_page_is_in_the_readers_language_and_in_that_of_the_law(lang: str) -> None:
    text = page(paper.sheet(receipt(), lang), "")
    for words in [*READ[lang], "R-2026-000012", "Linden GmbH", "10115 Berlin", "DE 123456789"]:
        assert words in text, words
    assert f'<html lang="{lang}" dir="{"rtl" if lang == "ar" else "ltr"}">' in text
    assert ("<small" in text) == (lang != "de"), "the law's own words are said once"
    assert "Gesamt</small>" in text or lang == "de"
    assert "<script" not in text
    assert "&lt;script&gt;" in text


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_a_pdf_file_says_the_same(lang: str) -> None:
    made = await pdf(paper.sheet(receipt(), lang), receipt().issued_at)
    assert made.startswith(b"%PDF-")
    document = pypdfium2.PdfDocument(made)
    text = document[0].get_textpage().get_text_range()
    document.close()
    for words in ["Linden GmbH", "10115 Berlin", "R-2026-000012", "#strong[y]", "<script>"]:
        if lang != "ar":  # readers put right-to-left lines together in ways of their own
            assert words in text
    if lang == "ar":
        assert re.search(r"[\u0600-\u06ff]{3}", text)
        assert "29.83" in text
    else:
        flat = text.replace("\xa0", " ").replace("\u202f", " ")
        for words in READ[lang]:
            assert words.replace("\xa0", " ") in flat, words


async def test_every_word_of_ours_has_its_signs_in_the_file() -> None:
    """What says that it is for archives has no empty boxes in it: an archive takes none."""
    words = tuple(tongue(lang).say(key) for lang in LANGUAGES for key in KEYS)
    whole = replace(paper.sheet(receipt(), "en"), seller=words)
    assert b"pdfaid" in await pdf(whole, receipt().issued_at)


async def test_a_sign_that_no_font_has_is_no_empty_box_in_the_file() -> None:
    signs = (
        "Pizza \U0001f355!",
        "Cook \U0001f468\u200d\U0001f373 \u2615\ufe0f",
        "宫保鸡丁 पनीर 비빔밥",
    )
    plain = replace(paper.sheet(receipt(), "en"), seller=signs)
    odd = replace(plain, seller=(*signs, "\u0e1c\u0e31\u0e14\u0e44\u0e17\u0e22 (Thai)"))
    told = tongue("en").say("paper.leftOut")
    for sheet, letters_missing in ((plain, False), (odd, True)):
        made = await pdf(sheet, receipt().issued_at)
        assert b"pdfaid" in made, "an archive takes no file with empty boxes"
        document = pypdfium2.PdfDocument(made)
        text = document[0].get_textpage().get_text_range().replace("\r\n", " ")
        document.close()
        assert "Pizza !" in text
        assert ("… (Thai)" in text, told in text) == (letters_missing, letters_missing)


def test_amounts_have_the_decimals_of_their_currency() -> None:
    yen = page(paper.sheet(receipt("JPY"), "ja"), "")
    assert "￥2,983" in yen
    fils = page(paper.sheet(receipt("KWD"), "en"), "")
    assert "KWD\xa02.983" in fils


def test_a_part_of_a_bill_and_money_that_is_none_are_said_so() -> None:
    part = page(paper.sheet(receipt(shared=True, amount=1_000, tip=0, total=1_000), "en"), "")
    assert "The whole bill" in part
    assert "Paid with this receipt" in part
    lines = (Line(name="Ember burger", amount=900, discount=100, tax_rate=700),)
    assert "less a discount of €1.00" in page(paper.sheet(receipt(lines=lines), "en"), "")
    assert "A trial" in page(paper.sheet(receipt(sandbox=True), "en"), "")


async def test_a_guest_follows_the_link_and_nobody_else_has_one(
    place: Place, other_place: Place
) -> None:
    one, waiter = await dine(place, language="de")
    payment = (await one.send("bill:pay", method="CASH"))["payment"]["id"]
    path = f"/api/payments/{payment}/receipt"
    ana = (await place.scan(0, language="de"))["token"]
    assert (await place.get(path, ana))[0] == 404, "it is not paid yet"
    await waiter.send("payment:cash", paymentId=payment)
    status, link = await place.get(path, ana, node=1)
    assert (status, link["number"]) == (200, f"R-{datetime.now(UTC).year}-000001")
    assert (await place.get(path, await place.login("waiter")))[1]["number"] == link["number"]
    stranger = (await place.scan(1))["token"]
    foreign = await other_place.login("manager")
    assert [(await place.get(path, token))[0] for token in (stranger, foreign, None)] == [
        404,
        404 if (await place.get(path, foreign))[0] == 404 else 403,
        401,
    ]

    token = link["url"].rpartition("/")[2]
    async with place.http.get(f"{place.urls[1]}/receipt/{token}") as answer:
        text = await answer.text()
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "script" not in answer.headers["Content-Security-Policy"].replace("script-src", "")
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert 'lang="de"' in text
    assert "Total</small>" in text
    async with place.http.get(f"{place.urls[0]}/receipt/{token}?lang=ar") as answer:
        assert 'dir="rtl"' in await answer.text()
    async with place.http.get(f"{place.urls[0]}/receipt/{token}/receipt.pdf?lang=ja") as answer:
        assert answer.content_type == "application/pdf"
        assert (await answer.read()).startswith(b"%PDF-")
        assert link["number"] in answer.headers["Content-Disposition"]

    manager = await place.worker("manager")
    await manager.send("payment:refund", paymentId=payment, reason="cold")
    async with place.http.get(f"{place.urls[0]}/receipt/{token}?lang=en") as answer:
        [(note, number)] = re.findall(
            r'href="http[^"]*(/receipt/[^"]+)"[^>]*>(C-[\d-]+)', await answer.text()
        )
    async with place.http.get(f"{place.urls[0]}{note}?lang=en") as answer:
        text = await answer.text()
    assert all(words in text for words in ("Credit note", number, link["number"], "cold"))
    rows = (await place.get(f"/api/restaurants/{place.id}/receipts", await place.login("manager")))[
        1
    ]
    assert [row["number"] for row in rows["receipts"]] == [number, link["number"]]


async def test_links_that_are_forged_or_too_old_lead_to_nothing(calm: Place) -> None:
    secret, now = SECRET.encode(), datetime.now(UTC)
    receipt_id = "01a2164f-96b8-742e-9b2d-fe9ff9c19567"
    old = signed.passing(b"receipt", receipt_id, now - timedelta(seconds=1), secret)
    unknown = signed.passing(b"receipt", receipt_id, now + timedelta(days=1), secret)
    other = signed.passing(b"invoice", receipt_id, now + timedelta(days=1), secret)
    forged = signed.passing(b"receipt", receipt_id, now + timedelta(days=1), b"another")
    late = unknown[:22] + "A" + unknown[23:]
    wanted = {old: 410, unknown: 404, other: 404, forged: 404, late: 404, "x": 404, "%00": 404}
    for token, status in wanted.items():
        async with calm.http.get(f"{calm.urls[0]}/receipt/{token}") as answer:
            assert answer.status == status, token
            assert "<h1>" in await answer.text()
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    async with calm.http.get(
        f"{calm.urls[0]}/receipt/{old}", headers={"Accept-Language": "de-DE,de;q=0.9"}
    ) as answer:
        assert "Dieser Link ist abgelaufen" in await answer.text()
