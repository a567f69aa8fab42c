"""A sheet as a letter: plain text for all who read that, and the page with its looks in it."""

from functools import cache
from pathlib import Path

from handlers.papers.page import page
from handlers.papers.sheet import Sheet
from handlers.papers.tongue import tongue

STYLES = Path(__file__).parents[2] / "static" / "styles" / "paper.css"


def texts(sheet: Sheet, url: str) -> tuple[str, str]:
    """Return the plain text of a letter with a sheet, and its HTML; `url` is where it stays."""
    said = tongue(sheet.lang)
    lines = [f"{sheet.title.own} {sheet.number}", *sheet.seller, ""]
    lines += [f"{pair.label.own}: {pair.value}" for pair in (*sheet.facts, *sheet.sums)]
    lines += ["", said.say("paper.online"), url, ""]
    if sheet.mark:
        lines.insert(0, sheet.mark.own)
    link = f'<nav><a href="{url}">{said.say("paper.online")}</a></nav>'
    return "\n".join(lines), page(sheet, f"<style>{_styles()}</style>", link)


@cache
def _styles() -> str:
    return STYLES.read_text()
