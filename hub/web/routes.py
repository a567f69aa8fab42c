"""Every path of the API: who may ask, what they send, what they get (PROTOCOL 7)."""

from handlers import menus, staff
from handlers.floor import Arrangement
from handlers.tables import Scan
from hub.web import (
    api,
    auth,
    billing,
    esims,
    guest,
    health,
    history,
    hotels,
    jobs,
    manager,
    proofs,
    qr,
    receipts,
    reports,
    speech,
    takings,
    ton,
    webhooks,
)
from hub.web.edge import Route
from state.domain.actor import ALL, CHIEFS, FLOOR, STAFF, Role
from state.domain.commands import CreateOrder
from state.domain.order import Order
from state.domain.table import TableSession

SEATED = FLOOR | {Role.GUEST}

ROUTES = [
    Route("GET", "/healthz", health.healthz, answer=auth.Done),
    Route("GET", "/readyz", health.readyz, answer=health.Ready),
    Route("GET", "/metrics", health.metrics, answer="text/plain"),
    Route("POST", "/api/auth/login", auth.login, body=auth.Login, answer=staff.Tokens),
    Route("POST", "/api/auth/pin", auth.pin, body=auth.Pin, answer=staff.Tokens),
    Route("POST", "/api/auth/refresh", auth.refresh, body=auth.Refresh, answer=staff.Tokens),
    Route("POST", "/api/auth/logout", auth.logout, STAFF, answer=auth.Done),
    Route("GET", "/api/me", auth.me, STAFF, answer=staff.User),
    Route("POST", "/api/scan/{token}", api.scan, body=Scan, answer=api.Seated),
    Route(
        "POST",
        "/api/orders",
        api.create_order,
        SEATED,
        body=CreateOrder,
        answer=Order,
        status=201,
    ),
    Route("GET", "/api/orders/{id}", api.order, ALL, answer=Order),
    Route("POST", "/api/tables/{id}/close", api.close_table, FLOOR, answer=TableSession),
    Route(
        "POST", "/api/tables/{id}/move", api.move_party, FLOOR, body=api.Move, answer=TableSession
    ),
    Route("POST", "/api/table-sessions/{id}/clear", api.clear_table, FLOOR, answer=TableSession),
    Route("POST", "/api/tables/{id}/qr", qr.session_code, FLOOR, answer=qr.SessionCode),
    Route("GET", "/api/tables/{id}/qr.svg", qr.table_svg, FLOOR, answer="image/svg+xml"),
    Route("GET", "/api/tables/{id}/qr.png", qr.table_png, FLOOR, answer="image/png"),
    Route("GET", "/api/restaurants/{id}/qr-sheet", qr.sheet, CHIEFS, answer="text/html"),
    Route(
        "GET", "/api/restaurants/{id}/menu", api.menu, query=api.MenuQuery, answer=menus.ShownMenu
    ),
    Route("GET", "/api/restaurants/{id}/orders", api.orders, STAFF, answer=api.OrderList),
    Route(
        "GET",
        "/api/restaurants/{id}/events",
        api.events,
        STAFF,
        query=api.EventQuery,
        answer=api.EventList,
    ),
    Route("GET", "/api/restaurants/{id}/tables", api.tables, STAFF, answer=api.TableList),
    Route(
        "POST",
        "/api/restaurants/{id}/floor",
        api.arrange,
        CHIEFS,
        body=Arrangement,
        answer=api.TableList,
    ),
    Route("GET", "/api/restaurants/{id}/displays", api.displays, CHIEFS, answer=api.DisplayList),
    Route(
        "POST",
        "/api/restaurants/{id}/devices",
        auth.pair,
        CHIEFS,
        body=auth.Device,
        answer=auth.Paired,
        status=201,
    ),
    Route("GET", "/api/translations", jobs.translations, ALL, answer=jobs.History),
    Route("GET", "/api/speech/{speech}", speech.speech, ALL, answer="audio/wav"),
    Route("GET", "/api/jobs/dead", jobs.dead, CHIEFS, query=jobs.DeadQuery, answer=jobs.DeadJobs),
    *esims.ROUTES,
    *guest.ROUTES,
    *hotels.ROUTES,
    *ton.ROUTES,
    *proofs.ROUTES,
    *manager.ROUTES,
    *reports.ROUTES,
    *history.ROUTES,
    *takings.ROUTES,
    *receipts.ROUTES,
    *billing.ROUTES,
    *webhooks.ROUTES,
]
