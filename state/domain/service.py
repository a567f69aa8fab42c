"""Service requests: a guest calls, louder until somebody answers."""

from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from state.domain.errors import illegal
from state.domain.escalation import Delays, Level, louder


class ServiceStatus(StrEnum):
    REQUESTED = "REQUESTED"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    DONE = "DONE"


class ServiceRequest(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`next_at` is when it escalates, None when it no longer can."""

    id: str
    restaurant_id: str
    session_id: str
    table_id: str
    table_number: str
    kind: str
    note: str = ""
    status: ServiceStatus = ServiceStatus.REQUESTED
    level: Level = Level.WAITER
    requested_at: datetime
    next_at: datetime | None = None
    acknowledged_by: str | None = None
    acknowledged_by_name: str = ""
    done_at: datetime | None = None


def escalate(request: ServiceRequest, delays: Delays) -> ServiceRequest:
    """Return the request one level up; call it when `next_at` has come."""
    level, next_at = louder(request.level, request.requested_at, delays)
    return replace(request, level=level, next_at=next_at)


def acknowledge(request: ServiceRequest, by: str, name: str) -> ServiceRequest:
    if request.status is not ServiceStatus.REQUESTED:
        raise illegal(f"the request is {request.status} already")
    return replace(
        request,
        status=ServiceStatus.ACKNOWLEDGED,
        next_at=None,
        acknowledged_by=by,
        acknowledged_by_name=name,
    )


def finish(request: ServiceRequest, by: str, name: str, now: datetime) -> ServiceRequest:
    if request.status is ServiceStatus.DONE:
        raise illegal("the request is done already")
    return replace(
        request,
        status=ServiceStatus.DONE,
        next_at=None,
        done_at=now,
        acknowledged_by=request.acknowledged_by or by,
        acknowledged_by_name=request.acknowledged_by_name or name,
    )


def settle(request: ServiceRequest, now: datetime) -> ServiceRequest:
    """Return the request as done by itself: what it was for has happened."""
    return replace(request, status=ServiceStatus.DONE, next_at=None, done_at=now)
