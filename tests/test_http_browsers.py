"""What browsers are told: whose pages may call, what may run, what may be kept."""

import json
import re

import pytest

from hub.settings import Settings
from tests.place import Place


async def test_pages_of_the_client_url_may_call_the_api_and_no_others(
    calm: Place, settings: Settings
) -> None:
    url = f"{calm.urls[0]}/api/me"
    own = settings.origins[0]
    asked = {"Origin": own, "Access-Control-Request-Method": "POST"}
    async with calm.http.options(url, headers=asked) as reply:
        assert reply.status == 204
        assert reply.headers["Access-Control-Allow-Origin"] == own
        assert "Authorization" in reply.headers["Access-Control-Allow-Headers"]
        assert "Idempotency-Key" in reply.headers["Access-Control-Allow-Headers"]
        assert "Access-Control-Allow-Credentials" not in reply.headers
    async with calm.http.get(url, headers={"Origin": own}) as reply:
        assert reply.status == 401, "errors can be read too"
        assert reply.headers["Access-Control-Allow-Origin"] == own
    foreign = ("https://evil.example", f"{own}.evil.example", own.upper(), "null", "*", "")
    for origin in foreign:
        for method in ("OPTIONS", "GET"):
            async with calm.http.request(method, url, headers={"Origin": origin}) as reply:
                assert "Access-Control-Allow-Origin" not in reply.headers, origin
                assert reply.headers["Vary"] == "Origin"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/scan/any",
        "/kitchen",
        "/waiter",
        "/floor",
        "/manager",
        "/healthz",
        "/api/me",
        "/nowhere",
    ],
)
async def test_every_answer_has_the_headers_that_keep_browsers_careful(
    calm: Place, path: str
) -> None:
    async with calm.http.get(calm.urls[0] + path) as reply:
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Referrer-Policy"] == "no-referrer"
        assert reply.headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/", "/scan/any", "/kitchen", "/waiter", "/floor", "/manager"])
async def test_pages_let_only_our_own_files_run(calm: Place, path: str) -> None:
    async with calm.http.get(calm.urls[0] + path) as reply:
        assert reply.status == 200
        assert reply.content_type == "text/html"
        policy = dict(
            part.strip().partition(" ")[::2]
            for part in reply.headers["Content-Security-Policy"].split(";")
        )
        page = await reply.text()
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    scripts = policy["script-src"].split()
    assert scripts[0] == "'self'"
    assert all(source.startswith("'sha256-") for source in scripts[1:])
    assert len(scripts) - 1 == page.count('<script type="importmap"')
    assert "unsafe" not in str(policy)
    assert " style=" not in page
    styles = policy["style-src"].split()
    assert styles[0] == "'self'"
    assert all(source.startswith("'sha256-") for source in styles[1:])
    assert len(styles) - 1 == page.count("<style")


async def test_who_asks_for_a_page_there_is_none_of_gets_one_programs_get_the_error(
    calm: Place,
) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    for path, headers, kind in (
        ("/nowhere", browser, "text/html"),
        ("/nowhere", {}, "application/json"),
        ("/api/nowhere", browser, "application/json"),
    ):
        async with calm.http.get(calm.urls[0] + path, headers=headers) as reply:
            assert (reply.status, reply.content_type) == (404, kind), path
            if kind == "text/html":
                assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
                assert "pages/nowhere.js" in await reply.text()


async def test_answers_of_the_api_are_kept_by_no_cache(calm: Place) -> None:
    url = f"{calm.urls[0]}/api/auth/login"
    who = {name: calm.staff["waiter"][name] for name in ("email", "password")}
    async with calm.http.post(url, data=json.dumps(who)) as reply:
        assert reply.status == 200
        assert reply.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("wanted", "lang"),
    [("de-AT,de;q=0.9,en;q=0.8", "de"), ("ja;q=1", "ja"), ("fr", "en"), ("", "en")],
)
async def test_a_page_asks_at_once_for_the_words_of_its_reader(
    place: Place, wanted: str, lang: str
) -> None:
    for path in ("/esim", "/nowhere"):
        headers = {"Accept": "text/html", "Accept-Language": wanted}
        async with place.http.get(place.urls[0] + path, headers=headers) as reply:
            text = await reply.text()
            assert "Accept-Language" in reply.headers["Vary"]
        asked = re.findall(r'rel="preload" as="fetch" .*?/([a-z]+)\.json"', text)
        assert asked == [lang, lang]
