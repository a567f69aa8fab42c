"""HTML by elements: what is no element itself is text, so nothing of a guest's is ever markup."""

from collections.abc import Iterable
from html import escape


class Html(str):
    """Markup, which needs no escaping."""

    __slots__ = ()


def tag(name: str, *children: str | Iterable[str], **attributes: str | bool | None) -> Html:
    """Return an element; `class_` is its class, `aria_label` its aria-label.

    An attribute that is None or False is left out, one that is True has no value.
    """
    given = "".join(_attribute(key, value) for key, value in attributes.items())
    end = "" if name == "img" else f"</{name}>"
    return Html(f"<{name}{given}>{''.join(map(markup, children))}{end}")


def markup(child: str | Iterable[str]) -> Html:
    """Return an element as it is, a text escaped, and several of them one after the other."""
    if isinstance(child, Html):
        return child
    if isinstance(child, str):
        return Html(escape(child, quote=False))
    return Html("".join(map(markup, child)))


def _attribute(key: str, value: str | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(value)}"'
