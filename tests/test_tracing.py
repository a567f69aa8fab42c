"""One command, one trace, whichever nodes have a part in it; told to a collector over OTLP."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from handlers.deps import TRACE, Deps
from handlers.unit import carry_out
from handlers.usecase import UseCase
from hub import app, tracing, worker
from hub.embedded import Engines
from hub.embedded.processes import free_port
from hub.metrics import Metrics
from hub.settings import Settings, load
from scripts.mishaps.process import TICK, Node, running
from state.domain.actor import Actor
from state.domain.commands import JoinRestaurant
from state.domain.facts import Facts
from state.domain.ids import new_id
from tests import toil
from tests.conftest import SECRET, new_place
from tests.place import Place
from tests.scenes import place_order

SECONDS = 60.0


class Span(msgspec.Struct, frozen=True):
    """One span as it came over the wire; ids are hexadecimal."""

    trace: str
    id: str
    parent: str
    name: str
    node: str
    service: str
    seconds: float
    about: dict[str, Any]


class Collector:
    """Takes what is exported to it over OTLP/HTTP."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.port = free_port()

    async def take(self, request: web.Request) -> web.Response:
        assert request.content_type == "application/x-protobuf"
        sent = ExportTraceServiceRequest.FromString(await request.read())
        for process in sent.resource_spans:
            own = _attributes(process.resource.attributes)
            for scope in process.scope_spans:
                self.spans += [_span(span, own) for span in scope.spans]
        return web.Response(
            body=ExportTraceServiceResponse().SerializeToString(),
            content_type="application/x-protobuf",
        )

    async def hears(self, true: Callable[[Span], bool]) -> list[Span]:
        """Wait for a span; return all of its trace."""
        async with asyncio.timeout(SECONDS):
            while True:
                for found in self.spans:
                    if true(found):
                        return [span for span in self.spans if span.trace == found.trace]
                await asyncio.sleep(TICK)


def _attributes(pairs: Any) -> dict[str, Any]:
    return {p.key: getattr(p.value, p.value.WhichOneof("value")) for p in pairs}


def _span(span: Any, own: dict[str, Any]) -> Span:
    return Span(
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        name=span.name,
        node=own["service.instance.id"],
        service=own["service.name"],
        seconds=(span.end_time_unix_nano - span.start_time_unix_nano) / tracing.NANO,
        about=_attributes(span.attributes),
    )


@asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    collector = Collector()
    site = web.Application()
    site.router.add_post("/v1/traces", collector.take)
    runner = web.AppRunner(site)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", collector.port).start()
    try:
        yield collector
    finally:
        await runner.cleanup()


async def test_one_trace_follows_a_command_to_the_screens_of_another_node(
    engines: Engines, db: asyncpg.Connection, tmp_path: Path
) -> None:
    async with collecting() as collector:
        env = {
            "DATABASE_URL": engines.database_url,
            "REDIS_URL": engines.redis_url,
            "JWT_SECRET": SECRET,
            "LOG_LEVEL": "INFO",
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.port}",
            "OTEL_BSP_SCHEDULE_DELAY": "50",
        }
        made = [Node(env | {"NODE_ID": name}, tmp_path / name) for name in ("left", "right")]
        async with running(*made) as nodes, new_place(nodes, db) as place:
            guest, cook = await place.guest(node=0), await place.cook(node=1)
            order = await place_order(place, guest)
            await cook.hears("order:new")
            for last in (("append", "left"), ("deliver", "left"), ("deliver", "right")):
                await collector.hears(
                    lambda s, last=last: (
                        (s.name, s.node) == last and s.about["hub.seq"] == order["seq"]
                    )
                )
            spans = await collector.hears(lambda span: span.name == "order:create")
            _check_socket(spans, order["seq"], place.id)
            assert f'"trace": "{_dashed(spans[0].trace)}"' in made[0].log.read_text()

            token = (await place.scan())["token"]
            _, order = await place.post("/api/orders", {"items": [place.line()]}, token)
            for last in (("append", "left"), ("deliver", "left"), ("deliver", "right")):
                await collector.hears(
                    lambda s, last=last: (s.name, s.node) == last and s.about["hub.seq"] > 2
                )
            spans = await collector.hears(lambda span: span.name == "POST /api/orders")
            assert {span.name for span in spans} >= {"commit", "append", "deliver"}
            [root] = [span for span in spans if not span.parent]
            assert (root.name, root.about["hub.status"]) == ("POST /api/orders", 201)


def _check_socket(spans: list[Span], seq: int, rid: str) -> None:
    by_place = {(span.name, span.node): span for span in spans}
    root = by_place["order:create", "left"]
    assert root.trace.endswith(root.id)
    assert not root.parent
    assert root.about == {"hub.result": "ok"}
    children = set(by_place) - {("order:create", "left")}
    assert children == {
        ("commit", "left"),
        ("append", "left"),
        ("deliver", "left"),
        ("deliver", "right"),
    }
    assert {span.parent for span in spans if span is not root} == {root.id}
    delivered = by_place["deliver", "right"].about
    assert delivered == {"hub.restaurant": rid, "hub.seq": seq, "hub.receivers": 1}
    appended = by_place["append", "left"].about
    assert appended == {"hub.event": "order:new", "hub.restaurant": rid, "hub.seq": seq}
    assert all(0 <= span.seconds < SECONDS for span in spans)
    assert {span.service for span in spans} == {"onemoment-hub"}


def _dashed(digits: str) -> str:
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    return "-".join(parts)


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x:1", "OTEL_SDK_DISABLED": "True"}, False),
        ({"OTEL_SERVICE_NAME": "hub"}, False),
    ],
)
def test_traces_are_wanted_where_there_is_somebody_to_send_them_to(
    environment: dict[str, str], wanted: bool
) -> None:
    assert tracing.wanted(environment) is wanted
    load(environment)  # which minds only where the extra is missing


async def test_a_node_leaves_in_time_though_the_collector_is_away(
    engines: Engines, db: asyncpg.Connection, tmp_path: Path
) -> None:
    env = {
        "DATABASE_URL": engines.database_url,
        "REDIS_URL": engines.redis_url,
        "JWT_SECRET": SECRET,
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{free_port()}",
    }
    async with running(Node(env, tmp_path / "log")) as [node]:
        async with new_place([node], db) as place:
            await place_order(place, await place.guest())
        assert await node.terminate() == 0


async def test_a_job_belongs_to_the_trace_of_the_command_that_began_it(
    place: Place, nodes: list[app.Node], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with collecting() as collector, toil.shop() as shop:
        endpoint = f"http://127.0.0.1:{collector.port}"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        guest, trace, metrics = await place.guest(), new_id(), Metrics()
        async with tracing.traced("worker", True) as metrics.spans:
            leased = msgspec.structs.replace(settings, job_lease=2.0)
            queue = worker.job_queue(leased, toil.KINDS, None, nodes[0].deps, metrics.job)
            queue.start()
            TRACE.set(trace)
            await toil.start(place, guest, nodes[0], "look", shop.url)
            await guest.hears("job:completed")
            await queue.close()
        [span] = await collector.hears(lambda span: span.name == "job look")
    assert (span.trace, span.about) == (trace.replace("-", ""), {"hub.result": "ok"})
    assert span.trace.endswith(span.parent)


async def test_a_decision_knows_its_own_trace_whoever_is_decided_with_it(
    place: Place, nodes: list[app.Node]
) -> None:
    actor = nodes[0].deps.tokens.read(await place.login("waiter"))
    seen: dict[str | None, str] = {}

    def decide(_facts: Facts, cmd: JoinRestaurant, _actor: Actor, _deps: Deps) -> None:
        seen[cmd.command_id] = TRACE.get()

    async def send(name: str) -> None:
        TRACE.set(name)
        cmd = JoinRestaurant(restaurant_id=place.id, command_id=name)
        await carry_out(UseCase(decide), cmd, actor, nodes[0].deps)

    names = [new_id() for _ in range(8)]
    await asyncio.gather(*(asyncio.create_task(send(name)) for name in names))
    assert seen == {name: name for name in names}
