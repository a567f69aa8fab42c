"""The ES modules of a page: what they call each other, and all of them asked for at once.

A browser finds out what a module imports when it has it: without help it would fetch a page's
modules one generation after the other.
"""

import posixpath
import re

import msgspec

from hub.web.static import FILES

IMPORT_MAP = "<!-- import map -->"  # where it goes in a page
MODULES = re.compile(r"<!-- modules(?:, later ([^ ]+))? -->")  # and where the links do
ENTRY = re.compile(r'<script type="module" src="/static/([^"]+)"')
IMPORT = re.compile(rb'(?:from|import)\s*"([^"]+)"')


def with_modules(page: str) -> str:
    """Return a page with its import map, and with a link to every module that it will import.

    What its first script needs comes first: that one may ask the hub while others are on their way.
    What a page wants only when it has something to show is named by it, and waits in a template.
    """
    names = _names()
    known = {name: f"/static/{path}" for name, path in names.items()}
    imports = msgspec.json.format(msgspec.json.encode({"imports": known})).decode()
    page = page.replace(IMPORT_MAP, f'<script type="importmap">{imports}</script>')
    place = MODULES.search(page)
    if place is None:
        return page
    entries = ENTRY.findall(page)
    first, last = modules(entries[0], names), entries[-1]
    needed = modules(last, names)
    later = modules(place[1], names) - needed if place[1] else set()
    paths = [*sorted(first), *sorted(needed - first)]
    links = [f'<link rel="modulepreload" href="/static/{path}">' for path in paths if path != last]
    if later:
        waiting = "".join(
            f'<link rel="modulepreload" href="/static/{path}">' for path in sorted(later)
        )
        links.append(f'<template id="later">{waiting}</template>')
    return page.replace(place[0], "\n    ".join(links))


def modules(entry: str, names: dict[str, str]) -> set[str]:
    """Return a module and all that it imports, directly or not, by their paths below static/."""
    seen: set[str] = set()
    todo = [entry]
    while todo:
        path = todo.pop()
        file = FILES.find(path)
        if path in seen or file is None:
            continue
        seen.add(path)
        for found in IMPORT.findall(file.body):
            name = found.decode()
            todo.append(names.get(name) or posixpath.join(posixpath.dirname(path), name))
            todo[-1] = posixpath.normpath(todo[-1])
    return seen


def _names() -> dict[str, str]:
    """Return the files of other people's modules by the names they are imported by."""
    file = FILES.find("imports.json")
    assert file is not None, "it is a file of ours"
    return msgspec.json.decode(file.body, type=dict[str, str])
