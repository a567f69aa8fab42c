"""Reports over HTTP: as JSON for programs and pages, as CSV for spreadsheets."""

import csv
import io
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import web

from handlers import reports
from handlers.deps import Deps
from handlers.reports import Report
from hub.web.api import DisplayLag, display_lags
from hub.web.edge import Route
from hub.web.keys import DEPS
from state.domain.actor import MANAGERS, Actor
from state.domain.money import exponent
from state.domain.reports import Period
from state.live import gates

HERE = "/api/restaurants/{id}/reports"
AMOUNTS = {"sales", "amount", "taken", "tips", "refunded", "net", "tax"}
# A spreadsheet takes text that begins so for a formula, and what guests wrote may be in here.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
BOM = "\ufeff"  # without it spreadsheets take UTF-8 for something older

Read = Callable[[str, Period, Actor, Deps], Awaitable[Any]]


class Company(msgspec.Struct, frozen=True, rename="camel"):
    """Another company's service; after failures it is not asked for `restsFor` seconds yet."""

    name: str
    rests_for: float


class Live(reports.Now, frozen=True, rename="camel", kw_only=True):
    """With what each screen has shown, and how other companies do."""

    displays: list[DisplayLag]
    companies: list[Company]


async def live(request: web.Request, who: Actor) -> Live:
    """Return how the house is doing now: what is open, late, unanswered, sold out, sold."""
    rid, deps = request.match_info["id"], request.app[DEPS]
    now = await reports.now(rid, who, deps)
    return Live(
        **msgspec.structs.asdict(now),
        displays=await display_lags(rid, deps),
        companies=[
            Company(name, gate.shut) for name, gate in (await gates.told(deps.redis)).items()
        ],
    )


def as_csv(report: Report, kind: type[msgspec.Struct]) -> str:
    """Return the rows of a report as CSV (RFC 4180), amounts in the currency's own unit."""
    names = [(f.name, f.encode_name) for f in msgspec.structs.fields(kind)]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([shown for _, shown in names])
    for row in report.rows:
        writer.writerow([_cell(name, getattr(row, name), report.currency) for name, _ in names])
    return BOM + out.getvalue()


def _cell(name: str, value: Any, currency: str) -> str:
    if value is None:
        return ""
    if name in AMOUNTS:
        digits = exponent(currency)
        return f"{value / 10**digits:.{digits}f}"
    text = str(msgspec.to_builtins(value))
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA) else text


def route(name: str, read: Read, answer: type[Report]) -> Route:
    """Return the route of a report."""
    [rows] = [field.type for field in msgspec.structs.fields(answer) if field.name == "rows"]
    kind = rows.__args__[0]

    async def show(request: web.Request, who: Actor, period: Period) -> Any:
        report = await read(request.match_info["id"], period, who, request.app[DEPS])
        if "text/csv" not in request.headers.get("Accept", ""):
            return report
        file = f"{name}-{report.first}-{report.last}.csv"
        return web.Response(
            text=as_csv(report, kind),
            content_type="text/csv",
            charset="utf-8",
            headers={"Content-Disposition": f'attachment; filename="{file}"'},
        )

    show.__doc__ = read.__doc__
    return Route("GET", f"{HERE}/{name}", show, MANAGERS, query=Period, answer=answer)


ROUTES = [
    Route("GET", f"{HERE}/live", live, MANAGERS, answer=Live),
    route("intervals", reports.intervals, reports.Intervals),
    route("days", reports.days, reports.Days),
    route("stations", reports.stations, reports.Stations),
    route("voids", reports.voids, reports.VoidReasons),
]
