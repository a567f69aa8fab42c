"""The reference: it names all that the hub understands and says, and its documents are sound."""

import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from playwright.async_api import expect

from hub import audience
from hub.gateway import EVENTS
from hub.settings import Settings
from hub.web import docs, reference
from hub.web.pages import routes as pages
from hub.web.routes import ROUTES
from state.domain.errors import Code
from state.domain.events import Name
from tests.place import Place
from tests.screens import open_screens

Json = dict[str, Any]


@pytest.fixture
async def asyncapi(calm: Place) -> Json:
    return await document(calm, "/asyncapi.json")


@pytest.fixture
async def http(calm: Place) -> Json:
    return await document(calm, "/openapi.json")


@pytest.fixture
async def page(calm: Place) -> str:
    status, text = await calm.get("/docs")
    assert status == 200
    found: str = text.decode()
    return found


async def document(calm: Place, path: str) -> Json:
    status, answer = await calm.get(path)
    assert status == 200
    found: Json = answer
    return found


def all_routes(settings: Settings) -> set[tuple[str, str]]:
    own = [*ROUTES, *pages(settings)]
    return {(route.method, route.path) for route in [*own, *docs.routes(own)]}


def references(part: Any) -> set[str]:
    """Return every `$ref` in a document."""
    if isinstance(part, list):
        return set().union(*map(references, part)) if part else set()
    if not isinstance(part, dict):
        return set()
    own = {part["$ref"]} if "$ref" in part else set()
    return own.union(*map(references, part.values()))


def check_references(whole: Json) -> None:
    """Every reference leads somewhere."""
    for reference_ in references(whole):
        found: Any = whole
        for key in reference_.removeprefix("#/").split("/"):
            found = found[key]


def shape(needed: str = "", /, **parts: Any) -> Json:
    """Return the schema of an object with these parts and no others."""
    extra = {"^x-": {}}
    return {
        "type": "object",
        "properties": parts,
        "required": needed.split(),
        "patternProperties": extra,
        "additionalProperties": False,
    }


def every(schema: Json, names: str = ".") -> Json:
    return {"type": "object", "patternProperties": {names: schema}, "additionalProperties": False}


TEXT, ANY = {"type": "string", "minLength": 1}, {"type": "object"}
LINK = shape("$ref", **{"$ref": TEXT})
LINKS = {"type": "array", "items": LINK, "minItems": 1}
KEY = r"^[\w.\-]+$"
INFO = shape("title version", title=TEXT, version=TEXT, description=TEXT)
MESSAGE = shape("payload", name=TEXT, summary=TEXT, payload=ANY, headers=ANY)
# What the hub uses of AsyncAPI 3.0 and OpenAPI 3.1, as their specifications have it.
ASYNCAPI = shape(
    "asyncapi info",
    asyncapi={"const": "3.0.0"},
    info=INFO,
    defaultContentType=TEXT,
    servers=every(
        shape("host protocol", host=TEXT, pathname=TEXT, protocol=TEXT, variables=every(ANY))
    ),
    channels=every(
        shape(
            "address messages",
            address=TEXT,
            description=TEXT,
            parameters=every(shape(), KEY),
            messages=every({"anyOf": [LINK, MESSAGE]}, KEY),
        ),
        KEY,
    ),
    operations=every(
        shape(
            "action channel messages",
            action={"enum": ["send", "receive"]},
            channel=LINK,
            summary=TEXT,
            messages=LINKS,
            reply=shape("channel messages", channel=LINK, messages=LINKS),
        ),
        KEY,
    ),
    components=shape(schemas=every(ANY, KEY), messages=every(MESSAGE, KEY)),
)
CONTENT = every(shape("schema", schema=ANY), r"^[a-z]+/([a-z+]+|\*)$")
OPENAPI = shape(
    "openapi info paths",
    openapi={"const": "3.1.0"},
    info=INFO,
    servers={"type": "array", "items": shape("url", url=TEXT)},
    paths=every(
        every(
            shape(
                "operationId summary responses",
                operationId={"type": "string", "pattern": KEY},
                summary=TEXT,
                security={"type": "array"},
                parameters={
                    "type": "array",
                    "items": shape(
                        "name in schema",
                        **{"name": TEXT, "in": {"enum": ["path", "query", "header"]}},
                        required={"type": "boolean"},
                        schema=ANY,
                    ),
                },
                requestBody=shape("content", required={"type": "boolean"}, content=CONTENT),
                responses=every(
                    shape("description", description=TEXT, content=CONTENT), r"^(\d{3}|default)$"
                ),
            ),
            "^(get|head|post|put|delete)$",
        ),
        "^/",
    ),
    components=shape(schemas=every(ANY, KEY), securitySchemes=every(ANY, KEY)),
)


@pytest.mark.parametrize(
    ("path", "form"), [("/asyncapi.json", ASYNCAPI), ("/openapi.json", OPENAPI)]
)
async def test_the_documents_are_sound(calm: Place, path: str, form: Json) -> None:
    whole = await document(calm, path)
    Draft202012Validator(form).validate(whole)
    check_references(whole)
    for schema in whole["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_the_forms_of_the_documents_would_notice() -> None:
    assert not Draft202012Validator(ASYNCAPI).is_valid({"asyncapi": "3.0.0", "info": {}})
    wrong = {"title": "x", "version": "1", "titel": "y"}
    assert not Draft202012Validator(OPENAPI).is_valid(
        {"openapi": "3.1.0", "info": wrong, "paths": {}}
    )
    with pytest.raises(KeyError):
        check_references({"a": [{"$ref": "#/nowhere"}]})


async def test_every_command_is_in_the_document_with_who_and_how(asyncapi: Json) -> None:
    operations = asyncapi["operations"]
    for name, event in EVENTS.items():
        operation = operations[name.replace(":", ".")]
        assert operation["action"] == "receive"
        assert operation["summary"], f"{name} says nothing of itself"
        assert set(operation["x-roles"]) == set(event.roles)
        assert tuple(operation["x-positional"]) == event.positional
        messages = asyncapi["channels"]["commands"]["messages"]
        message = messages[name.replace(":", ".")]
        assert message["name"] == name
        payload = event.payload.__name__
        assert message["payload"] == {"$ref": f"#/components/schemas/{payload}"}
        assert name in reference.NOTHING or "data" in str(messages[f"{name.replace(':', '.')}.ack"])


async def test_every_event_is_in_the_document_with_its_rooms(asyncapi: Json) -> None:
    messages = asyncapi["components"]["messages"]
    assert {message["name"] for message in messages.values()} == {
        *Name,
        *(event.name for event in reference.TOLD),
    }
    by_room = {
        channel["address"]: channel["messages"].keys() for channel in asyncapi["channels"].values()
    }
    groups = {name: audience.AUDIENCES[name] for name in Name}
    for event in reference.events():
        if event.rooms:
            assert event.rooms, event.name
            assert len(event.rooms) >= len(groups[Name(event.name)])
        for room in event.rooms:
            assert event.name.replace(":", ".") in by_room[room]
    used = {room for event in reference.events() for room in event.rooms}
    assert used == set(reference.ROOMS), "a room nobody hears in, or one that is not told of"


def test_what_one_connection_is_told_is_all_in_the_reference(project: Any) -> None:
    code = "".join(file.read_text() for file in (project / "hub").glob("*.py"))
    told = set(re.findall(r'\.tell\(\s*"([^"]+)"', code)) | set(
        re.findall(r'"((?:orders|translate):\w+)"', code)
    )
    told -= set(EVENTS)
    assert told == {event.name for event in reference.TOLD}


async def test_every_route_is_in_the_document(http: Json, settings: Settings) -> None:
    told = {(method.upper(), path) for path, methods in http["paths"].items() for method in methods}
    assert told == all_routes(settings)
    names = [
        operation["operationId"] for path in http["paths"].values() for operation in path.values()
    ]
    assert len(names) == len(set(names))
    for route in ROUTES:
        operation = http["paths"][route.path][route.method.lower()]
        assert operation["summary"], f"{route.path} says nothing of itself"
        assert (route.body is not None) == ("requestBody" in operation)
        assert str(route.status) in operation["responses"]
        assert bool(operation["security"]) == (route.roles is not None)


async def test_the_page_names_everything(page: str, settings: Settings) -> None:
    for name in (*EVENTS, *(event.name for event in reference.events())):
        assert f"<code>{name}</code></h3>" in page, name
    for code in Code:
        assert f'<tr id="{code}">' in page
    for method, path in all_routes(settings):
        assert f"<code>{method} {path}</code></h3>" in page
    assert "<p></p></article>" not in page


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: Counter[str] = Counter()
        self.links: set[str] = set()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        found = dict(attrs)
        if found.get("id"):
            self.ids[str(found["id"])] += 1
        self.links |= {found[name] or "" for name in ("href", "src") if name in found}
        assert not any(name.startswith("on") or name == "style" for name in found)


async def test_every_link_of_the_page_leads_somewhere(calm: Place, page: str) -> None:
    links = Links()
    links.feed(page)
    assert [name for name, count in links.ids.items() if count > 1] == []
    assert {link[1:] for link in links.links if link.startswith("#")} <= links.ids.keys()
    for link in links.links:
        if not link.startswith("#"):
            assert link.startswith("/")
            assert (await calm.get(link))[0] == 200


async def test_the_page_runs_only_our_own_and_fits_any_screen(calm: Place, page: str) -> None:
    assert page.count("<script") == 2, "the import map, and the explorer"
    async with calm.http.get(f"{calm.urls[0]}/docs") as reply:
        policy = reply.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self' 'sha256-")
    assert "unsafe" not in policy
    async with open_screens(calm) as screens:
        for width in (360, 1280):
            shown = await screens.blank(viewport={"width": width, "height": 800})
            await shown.goto(f"{calm.urls[0]}/docs#Commands-order-create")
            wide = await shown.evaluate("document.documentElement.scrollWidth")
            assert wide <= width
            await shown.get_by_role("link", name="order:ready").click()
            assert await shown.locator("#Events-order-ready").is_visible()


async def test_what_a_command_needs_is_filled_in_as_far_as_it_is_known(place: Place) -> None:
    async with open_screens(place) as screens:
        page = await screens.plain("/docs", "#Try", viewport={"width": 1280, "height": 800})
        tried = page.locator("#explorer")  # by tag and class: names are costly on so long a page
        await tried.locator("input[name=code]").fill(place.tables[0]["scanUrl"])
        await tried.locator("form:has([name=code]) .primary").click()
        for name in ("join:table", "order:create", "order:cancel", "service:request"):
            await tried.locator("select").select_option(name)
            await tried.locator(".desk .primary").click()
            await expect(tried.locator("[role=status]")).to_contain_text('"ok": true')
            if name == "order:create":
                await expect(page.locator(".heard")).to_contain_text("order:new")
        box, inner = [await each.bounding_box() for each in (tried, tried.locator("pre").first)]
        assert box is not None
        assert inner is not None
        assert inner["x"] + inner["width"] <= box["x"] + box["width"], "within its frame"


async def test_commands_can_be_tried_on_a_live_connection(calm: Place) -> None:
    async with open_screens(calm) as screens:
        page = await screens.plain("/docs", "#Try")
        who = calm.staff["manager"]
        await page.get_by_label("E-mail").fill(who["email"])
        await page.get_by_label("Password").fill(who["password"])
        await page.get_by_role("button", name="Connect as staff").click()
        await expect(page.get_by_label("Command")).to_have_value("join:restaurant")
        await expect(page.get_by_label("Payload")).to_have_value(re.compile(calm.id))
        await page.get_by_role("button", name="Send", exact=True).click()
        await expect(page.get_by_role("status")).to_contain_text('"ok": true')
        await expect(page.locator(".heard")).to_contain_text("orders:active")
        await page.get_by_role("button", name="Try order:accept").click()
        await expect(page.get_by_label("Command")).to_have_value("order:accept")
        await page.get_by_role("button", name="Send", exact=True).click()
        await expect(page.get_by_role("status")).to_contain_text('"code"')
