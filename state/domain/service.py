"""Service requests: a guest calls, somebody comes."""

from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from state.domain.errors import illegal


class ServiceStatus(StrEnum):
    REQUESTED = "REQUESTED"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    DONE = "DONE"


class ServiceRequest(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    id: str
    restaurant_id: str
    session_id: str
    table_id: str
    table_number: str
    kind: str
    note: str = ""
    status: ServiceStatus = ServiceStatus.REQUESTED
    requested_at: datetime
    acknowledged_by: str | None = None
    acknowledged_by_name: str = ""
    done_at: datetime | None = None


def acknowledge(request: ServiceRequest, by: str, name: str) -> ServiceRequest:
    if request.status is not ServiceStatus.REQUESTED:
        raise illegal(f"the request is {request.status} already")
    return replace(
        request,
        status=ServiceStatus.ACKNOWLEDGED,
        acknowledged_by=by,
        acknowledged_by_name=name,
    )


def finish(request: ServiceRequest, by: str, name: str, now: datetime) -> ServiceRequest:
    if request.status is ServiceStatus.DONE:
        raise illegal("the request is done already")
    return replace(
        request,
        status=ServiceStatus.DONE,
        done_at=now,
        acknowledged_by=request.acknowledged_by or by,
        acknowledged_by_name=request.acknowledged_by_name or name,
    )
