"""Our own files over HTTP: small, kept for good under their version, and nothing beside them."""

import json
import re
from urllib.parse import urljoin

import aiohttp
import pytest

from tests.place import Place

PAGES = [
    "/",
    "/scan/any",
    "/kitchen",
    "/waiter",
    "/floor",
    "/manager",
    "/esim",
    "/hotel/any",
    "/checkin/any",
    "/translator",
]
BUDGET = 120 * 1024  # bytes of script and style, compressed


async def files_of(place: Place, page: str, http: aiohttp.ClientSession) -> list[str]:
    """Return all script and style that a page asks for."""
    async with http.get(place.urls[0] + page) as reply:
        text = await reply.text()
    styles = re.findall(r'<link rel="(?:stylesheet|modulepreload)" href="(.*?)"', text)
    return styles + re.findall(r'<script type="module" src="(.*?)"', text)


@pytest.mark.parametrize("page", PAGES)
async def test_a_page_weighs_little_and_its_files_are_kept_for_good(calm: Place, page: str) -> None:
    total = 0
    async with aiohttp.ClientSession(auto_decompress=False) as http:
        async with aiohttp.ClientSession() as plain:
            files = await files_of(calm, page, plain)
        assert len(files) > 5
        for file in files:
            async with http.get(calm.urls[0] + file) as reply:
                assert reply.status == 200, file
                assert "immutable" in reply.headers["Cache-Control"]
                assert reply.headers["Content-Encoding"] == "gzip"
                assert "Accept-Encoding" in reply.headers["Vary"]
                total += len(await reply.read())
    assert total < BUDGET, f"{page} needs {total} bytes"


IMPORT = re.compile(r'(?:from|import)\s*"([^"]+)"')
LATER = re.compile(r'import\("([^"]+)"\)')  # when there is something to show


@pytest.mark.parametrize("page", [*PAGES, "/docs"])
async def test_a_page_asks_for_all_its_modules_at_once(calm: Place, page: str) -> None:
    """Whatever its modules import, the page has named already, and nothing that nobody imports."""
    async with calm.http.get(calm.urls[0] + page) as reply:
        text = await reply.text()
    [imports] = re.findall(r'<script type="importmap">(.*?)</script>', text, re.DOTALL)
    names = json.loads(imports)["imports"]
    asked = set(re.findall(r'<link rel="modulepreload".*? href="(.*?)"', text))
    entries = re.findall(r'<script type="module".*? src="(.*?)"', text)
    needed: set[str] = set()
    later: set[str] = set()
    for module in asked | {*entries}:
        async with calm.http.get(calm.urls[0] + module) as reply:
            assert reply.status == 200, module
            source = await reply.text()
        needed |= {names.get(name) or urljoin(module, name) for name in IMPORT.findall(source)}
        later |= {urljoin(module, name) for name in LATER.findall(source)}
    assert needed - {entries[-1]} <= asked <= needed | later


async def test_the_menu_comes_with_the_page_of_a_code_in_the_guests_language(calm: Place) -> None:
    table = f"{calm.urls[0]}/scan/{calm.tables[0]['token']}"
    async with calm.http.get(table, headers={"Accept-Language": "de-AT,de;q=0.9"}) as reply:
        page = await reply.text()
        assert "Accept-Language" in reply.headers["Vary"]
    [data] = re.findall(r'id="given">(.*?)</script>', page)
    given = json.loads(data)
    assert (given["lang"], given["restaurant"]["id"]) == ("de", calm.id)
    assert (200, given["menu"]) == await calm.get(f"/api/restaurants/{calm.id}/menu?lang=de")
    assert 'lang="de" dir="ltr"><header' in page, "it is drawn already"
    async with calm.http.get(
        table, headers={"Accept-Language": "de", "Cookie": "lang-scan=ar"}
    ) as reply:
        assert 'lang="ar" dir="rtl"><header' in await reply.text(), "a choice counts for more"
    for code in ("here", "no-code", "0" * 36):
        async with calm.http.get(f"{calm.urls[0]}/scan/{code}") as reply:
            assert reply.status == 200
            page = await reply.text()
            assert 'id="given">null<' in page
            assert '<div id="app" aria-busy="true"></div>' in page


async def test_a_file_that_the_browser_has_is_not_sent_again(calm: Place) -> None:
    url = f"{calm.urls[0]}/static/icons/icon.svg"
    async with calm.http.get(url) as reply:
        tag = reply.headers["ETag"]
        assert reply.headers["Cache-Control"] == "no-cache", "without a version it may change"
    async with calm.http.get(url, headers={"If-None-Match": tag}) as reply:
        assert reply.status == 304


async def test_the_name_of_another_version_is_not_kept(calm: Place) -> None:
    async with calm.http.get(f"{calm.urls[0]}/static/0123456789ab/icons/icon.svg") as reply:
        assert reply.status == 200
        assert reply.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "styles/base+nowhere.css",
        "styles/base+.css",
        "",
        "lib",
        "nowhere.js",
        "../pyproject.toml",
        "%2e%2e/pyproject.toml",
        "guest.html",
    ],
)
async def test_nothing_else_is_served(calm: Place, path: str) -> None:
    async with calm.http.get(f"{calm.urls[0]}/static/{path}") as reply:
        assert reply.status == 404
