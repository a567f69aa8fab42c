"""OpenTelemetry: one command followed from the socket through commit, append and delivery.

Off unless OTEL_EXPORTER_OTLP_ENDPOINT is set; the other OTEL_ variables mean what they always do.
The `trace` that travels in the log with every event is the context: its digits are the trace's id,
and the last sixteen are those of the command's own span. So whoever meets an event, on whatever
node and out of whatever store, adds to the trace that the command began; nothing more is carried.
"""

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import structlog

from state.domain.events import Event

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

log = structlog.get_logger()

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
FLUSH_SECONDS = 2.0  # a collector that is away does not keep a node from leaving in time
NANO = 1_000_000_000
LOW = (1 << 64) - 1


def wanted(environment: Mapping[str, str]) -> bool:
    """Tell whether the environment asks for traces."""
    disabled = environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    return not disabled and any(environment.get(name) for name in ENDPOINTS)


def installed() -> bool:
    """Tell whether the extra `tracing` is."""
    return find_spec("opentelemetry") is not None


class Spans:
    """Tells a collector what has happened, when it is over.

    All but `command` belong under the span of the command with the same `trace`; an empty trace is
    nobody's.
    """

    def __init__(self, provider: "TracerProvider", root: "list[int]") -> None:
        from opentelemetry import trace

        self._api, self._sampler, self._root = trace, provider.sampler, root
        self._tracer = provider.get_tracer("onemoment.hub")

    def command(self, trace: str, name: str, seconds: float, **about: Any) -> None:
        """Record a command, or a request over HTTP, from when it came to its answer."""
        ids = _ids(trace)
        if ids is not None:
            self._root[:] = ids
            self._record(None, name, self._api.SpanKind.SERVER, seconds, about)

    def step(self, trace: str, name: str, seconds: float, **about: Any) -> None:
        """Record something that was done for a command, here or anywhere, now or later."""
        ids = _ids(trace)
        if ids is not None and self._is_sampled(ids[0]):
            flags = self._api.TraceFlags(self._api.TraceFlags.SAMPLED)
            parent = self._api.SpanContext(*ids, is_remote=True, trace_flags=flags)
            self._record(parent, name, self._api.SpanKind.INTERNAL, seconds, about)

    def appended(self, events: Sequence[Event], seconds: float) -> None:
        for event in events:
            about = {"event": event.name, "restaurant": event.restaurant_id, "seq": event.seq}
            self.step(event.trace, "append", seconds, **about)

    def _is_sampled(self, trace_id: int) -> bool:
        found: Any = self._sampler.should_sample(None, trace_id, "")
        return bool(found.decision.is_sampled())

    def _record(
        self, parent: Any, name: str, kind: Any, seconds: float, about: dict[str, Any]
    ) -> None:
        from opentelemetry.context import Context

        context = Context()
        if parent is not None:
            remote = self._api.NonRecordingSpan(parent)
            context = self._api.set_span_in_context(remote, context)
        now = time.time_ns()
        span = self._tracer.start_span(
            name,
            context,
            kind,
            {f"hub.{key}": value for key, value in about.items()},
            start_time=now - int(seconds * NANO),
        )
        span.end(now)


@asynccontextmanager
async def traced(instance: str, wants: bool) -> AsyncIterator[Spans | None]:
    """Yield what records the spans of a process, if they are wanted; at the end send the rest."""
    if not wants:
        yield None
        return
    provider, root = _provider(instance)
    log.info("tracing")
    try:
        yield Spans(provider, root)
    finally:
        await _shut(provider)


def _provider(instance: str) -> "tuple[TracerProvider, list[int]]":
    """Return a provider, and where the ids of the next command's span are to be put."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
    from opentelemetry.sdk.trace.sampling import Sampler, SamplingResult

    root: list[int] = []

    class Ids(RandomIdGenerator):
        """Gives a command's span the ids of its trace, and others any."""

        def generate_trace_id(self) -> int:
            return root[0]

        def generate_span_id(self) -> int:
            if root:
                _, span_id = root
                root.clear()
                return span_id
            found: int = super().generate_span_id()
            return found

    class Even(Sampler):
        """Asks another sampler; the two fixed bits of a UUID's half would make its share uneven."""

        def __init__(self, sampler: Sampler) -> None:
            self._sampler = sampler

        def should_sample(
            self, parent_context: Any, trace_id: int, name: str, *more: Any, **named: Any
        ) -> SamplingResult:
            even = (trace_id << 2) & LOW
            return self._sampler.should_sample(parent_context, even, name, *more, **named)

        def get_description(self) -> str:
            description: str = self._sampler.get_description()
            return description

    own = {"service.instance.id": instance}
    if "OTEL_SERVICE_NAME" not in os.environ:
        own["service.name"] = "onemoment-hub"
    provider = TracerProvider(
        resource=Resource.create(own), id_generator=Ids(), shutdown_on_exit=False
    )
    provider.sampler = Even(provider.sampler)  # which is what OTEL_TRACES_SAMPLER says
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider, root


async def _shut(provider: "TracerProvider") -> None:
    """Send what is left, in a thread that ends with the process if the collector says nothing."""
    loop, sent = asyncio.get_running_loop(), asyncio.Event()

    def send() -> None:
        provider.shutdown()
        with suppress(RuntimeError):  # nobody waits any more
            loop.call_soon_threadsafe(sent.set)

    threading.Thread(target=send, daemon=True).start()
    with suppress(TimeoutError):
        async with asyncio.timeout(FLUSH_SECONDS):
            await sent.wait()


def _ids(trace: str) -> tuple[int, int] | None:
    """Return the ids of a trace and of its first span; None where there is no trace."""
    try:
        number = int(trace.replace("-", ""), 16)
    except ValueError:
        return None
    return number, number & LOW
