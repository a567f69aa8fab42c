"""Codes that a camera can read, on screens and on paper (PROTOCOL 7)."""

import base64
import io
import re
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import zxingcpp
from PIL import Image, ImageDraw

from hub.app import Node
from hub.settings import Settings
from hub.web.qr import MARGIN, PIXELS
from tests.conftest import new_place
from tests.place import Place
from tests.routes import check_promise
from tests.screens import open_screens

A4 = {"width": 794, "height": 1123}  # CSS pixels
CARDS_A_PAGE = 6
BOX = re.compile(rb"/MediaBox\s*\[([^\]]*)\]")


def read(image: Image.Image) -> list[str]:
    """Return what a camera would read in a picture."""
    return [code.text for code in zxingcpp.read_barcodes(image.convert("L"))]


def drawn(svg: bytes, scale: int = 8) -> Image.Image:
    """Draw the squares of a code's SVG: white ground, one path of `Mx,yHxVyHxz`."""
    text = svg.decode()
    width = float(re.search(r'viewBox="0 0 ([\d.]+)', text)[1])  # type: ignore[index]
    assert re.search(r'<(?:svg:)?rect[^>]*fill="white"', text), "readable on a dark screen too"
    image = Image.new("L", (int(width * scale),) * 2, 255)
    draw = ImageDraw.Draw(image)
    squares = re.findall(r"M([\d.]+),([\d.]+)H([\d.]+)V([\d.]+)H", text)
    for square in squares:
        left, top, right, bottom = (float(edge) * scale for edge in square)
        draw.rectangle((left, top, right - 1, bottom - 1), fill=0)
    return image


def margin(image: Image.Image) -> float:
    """Return the white margin of a code, in modules: its finder pattern is 7 of them wide."""
    pixels = image.convert("L").point(lambda value: 255 * (value < 128))
    left, top, _, _ = pixels.getbbox() or (0, 0, 0, 0)
    row = [pixels.getpixel((x, top)) for x in range(left, image.width)]
    return left / (row.index(0) / 7)


async def fetch(place: Place, path: str, role: str = "waiter") -> tuple[str, Any, dict[str, str]]:
    headers = {"Authorization": f"Bearer {await place.login(role)}"}
    async with place.http.get(place.urls[0] + path, headers=headers) as reply:
        assert reply.status == 200
        return reply.content_type, await reply.read(), dict(reply.headers)


async def test_the_picture_of_a_tables_code_leads_to_its_page(
    calm: Place, settings: Settings
) -> None:
    for table in calm.tables[:3]:
        kind, data, _ = await fetch(calm, f"/api/tables/{table['id']}/qr.png")
        image = Image.open(io.BytesIO(data))
        assert (kind, image.format, image.size) == ("image/png", "PNG", (400, 400))
        assert read(image) == [f"{settings.public_url}/scan/{table['token']}"]
        assert margin(image) == pytest.approx(MARGIN, abs=0.2)


async def test_the_drawing_of_a_tables_code_leads_there_too(
    calm: Place, settings: Settings
) -> None:
    table = calm.tables[0]
    kind, data, _ = await fetch(calm, f"/api/tables/{table['id']}/qr.svg")
    image = drawn(data)
    assert kind == "image/svg+xml"
    assert read(image) == [f"{settings.public_url}/scan/{table['token']}"]
    assert margin(image) == pytest.approx(MARGIN, abs=0.2)


async def test_the_code_of_a_visit_seats_a_guest(place: Place, settings: Settings) -> None:
    path, waiter = f"/api/tables/{place.tables[0]['id']}/qr", await place.login("waiter")
    status, shown = await place.post(path, {}, waiter)
    assert status == 200
    check_promise("POST /api/tables/{id}/qr", shown)
    head, _, data = shown["qrImage"].partition(",")
    image = Image.open(io.BytesIO(base64.b64decode(data, validate=True)))
    assert head == "data:image/png;base64"
    assert image.size == (PIXELS, PIXELS)
    assert read(image) == [shown["qrUrl"]] == [f"{settings.public_url}/scan/{shown['sessionId']}"]

    status, seated = await place.post(f"/api/scan/{shown['sessionId']}", {"name": "Ada"})
    assert (status, seated["session"]["id"]) == (200, shown["sessionId"])
    assert (await place.post(path, {}, waiter, node=1))[1]["sessionId"] == shown["sessionId"]
    assert (await place.scan())["session"]["id"] == shown["sessionId"]


@pytest.fixture
async def quoted(nodes: list[Node], db: asyncpg.Connection) -> AsyncIterator[Place]:
    """A restaurant whose name would be a tag, were it not written with care."""
    async with new_place(nodes, db, name='<b>"Ember" & {Linden}</b>') as made:
        yield made


def sheet_path(place: Place) -> str:
    return f"/api/restaurants/{place.id}/qr-sheet"


async def test_the_sheet_has_a_card_for_every_table(quoted: Place, settings: Settings) -> None:
    _, data, _ = await fetch(quoted, sheet_path(quoted), "manager")
    page = data.decode()
    images = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', page)
    assert [read(drawn(base64.b64decode(image))) for image in images] == [
        [f"{settings.public_url}/scan/{table['token']}"] for table in quoted.tables
    ]
    numbers = re.findall(r"<b>([^<]*)</b>", page)
    assert numbers == [table["number"] for table in quoted.tables]
    assert page.count("&lt;b&gt;&quot;Ember&quot; &amp; {Linden}&lt;/b&gt;") == len(numbers) + 1


async def test_the_sheet_prints_on_a4_and_paper_can_be_scanned(
    calm: Place, settings: Settings
) -> None:
    access = {"Authorization": f"Bearer {await calm.login('manager')}"}
    async with open_screens(calm) as screens:
        page = await screens.blank(
            viewport=A4, extra_http_headers=access, color_scheme="dark", device_scale_factor=1.5
        )
        await page.goto(calm.urls[0] + sheet_path(calm))
        pdf = await page.pdf(prefer_css_page_size=True)
        sheets = -(-len(calm.tables) // CARDS_A_PAGE)
        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == sheets
        boxes = {box.split()[2:] == [b"594.95996", b"841.91998"] for box in BOX.findall(pdf)}
        assert boxes == {True}
        await page.emulate_media(media="print")
        seen = read(Image.open(io.BytesIO(await page.screenshot())))
    first = [f"{settings.public_url}/scan/{t['token']}" for t in calm.tables[:CARDS_A_PAGE]]
    assert set(first) <= set(seen)


async def test_only_our_own_styles_touch_the_sheet(calm: Place) -> None:
    _, _, headers = await fetch(calm, f"/api/restaurants/{calm.id}/qr-sheet", "manager")
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
