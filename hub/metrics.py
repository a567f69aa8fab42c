"""What a node counts and times, for Prometheus. Times are in seconds."""

from collections import Counter as Tally
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import accumulate

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from handlers.deps import TRACE
from hub.engine.engineio import EngineIO
from hub.engine.times import BUCKETS, Times
from hub.money import MoneyMetrics
from hub.tracing import Spans
from state.domain.events import Event
from state.live.gates import Shown as Gate

PROVIDER_BUCKETS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60)
BOUNDS = (*map(str, BUCKETS), "+Inf")


class Metrics(Collector):
    """One registry a process: nodes are scraped one by one, on their own ports."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(namespace="hub", registry=registry)
        self._commands = Counter(
            "hub_commands", "Commands by name and result", ["name", "result"], registry=registry
        )
        self._redis_losses = Counter("hub_redis_losses", "Redis gone away", registry=registry)
        self._swept = Counter(
            "hub_swept_events", "Events a node left unpublished", registry=registry
        )
        self._sweeps = Counter("hub_sweeps", "Sweeps, on the leading node", registry=registry)
        self._redis_resets = Counter(
            "hub_redis_resets", "Times Redis was not as the last sweep left it", registry=registry
        )
        self._left = Counter(
            "hub_left_events", "Events left to the sweeper: Redis was away", registry=registry
        )
        self._checks = Counter(
            "hub_position_checks",
            "Logs compared with Redis: level, behind (we are), ahead (it is)",
            ["found"],
            registry=registry,
        )
        self._filled = Counter(
            "hub_hole_events",
            "Events read to fill a hole, by where from",
            ["source"],
            registry=registry,
        )
        self._connects = Counter("hub_connects", "Clients let in", registry=registry)
        self._recoveries = Counter(
            "hub_recoveries",
            "Clients that came back with a seat's id",
            ["outcome"],
            registry=registry,
        )
        self._replays = Counter(
            "hub_replays", "Joins and resumes by `since`", ["outcome"], registry=registry
        )
        self._engines = Gauge(
            "hub_engine_up", "Whether an engine answers", ["engine"], registry=registry
        )
        self._rounds = Counter(
            "hub_worker_rounds", "Rounds of a worker's loops", ["loop"], registry=registry
        )
        self._stale = Counter(
            "hub_stale_displays", "Displays reported to be stale", registry=registry
        )
        self._jobs = Gauge(
            "hub_jobs",
            "Jobs open, in doubt or failed of late",
            ["kind", "status"],
            registry=registry,
        )
        self._job_age = Gauge(
            "hub_job_age_seconds",
            "Since when the oldest job is open that need not be paid for first",
            ["kind"],
            registry=registry,
        )
        self._owed = Gauge(
            "hub_owed_seconds",
            "Since when somebody's money is owed that nothing was bought for",
            registry=registry,
        )
        self._jobs_done = Counter(
            "hub_jobs_done",
            "Jobs that ended, by result",
            ["kind", "result"],
            registry=registry,
        )
        self._job_seconds = Histogram(
            "hub_job_seconds",
            "From taking a job up to its end",
            ["kind"],
            buckets=PROVIDER_BUCKETS,
            registry=registry,
        )
        self._provider_shut = Gauge(
            "hub_provider_shut_seconds",
            "How long yet another company's service is left alone",
            ["provider"],
            registry=registry,
        )
        self._provider_busy = Gauge(
            "hub_provider_busy", "Calls under way, of all workers", ["provider"], registry=registry
        )
        self._provider_calls = Counter(
            "hub_provider_calls",
            "Calls of other companies' services, by what came of them",
            ["provider", "outcome"],
            registry=registry,
        )
        self._provider_seconds = Histogram(
            "hub_provider_seconds",
            "From asking another company to its answer",
            ["provider"],
            buckets=PROVIDER_BUCKETS,
            registry=registry,
        )
        self._command_seconds = Histogram(
            "hub_command_seconds",
            "From packet to ack",
            ["name"],
            buckets=BUCKETS,
            registry=registry,
        )
        self.money = MoneyMetrics(registry)
        self._steps = {name: Times() for name in STEPS | PULSE}
        self.end_to_end = self._steps["end_to_end"]
        self.deliveries = 0  # events sent to members
        self._transport: EngineIO | None = None
        self.spans: Spans | None = None  # where traces are wanted
        registry.register(self)
        for name in ENGINES:
            self._engines.labels(name)
        for outcome in FOUND:
            self._checks.labels(outcome)

    def watch(self, transport: EngineIO) -> None:
        """Tell also what the transport counts."""
        self._transport = transport

    def show(self, name: str, text: str, value: Callable[[], float]) -> None:
        """Tell also a number that is looked up whenever somebody asks."""
        Gauge(name, text, registry=self._registry).set_function(value)

    def observe(self, step: str, seconds: float, trace: str = "") -> None:
        """Note how long a step took, and for which command, where it was for one."""
        self._steps[step].observe(seconds)
        if trace and self.spans is not None:
            self.spans.step(trace, step, seconds)

    def command(self, name: str, result: str, seconds: float, trace: str) -> None:
        self._commands.labels(name, result).inc()
        self._command_seconds.labels(name).observe(seconds)
        if self.spans is not None:
            self.spans.command(trace, name, seconds, result=result)

    def appended(self, events: Sequence[Event]) -> None:
        """Note that events of one command or more are in the log of a restaurant."""
        seconds = (datetime.now(UTC) - events[0].at).total_seconds()
        self._steps["append"].observe(seconds)
        if self.spans is not None:
            self.spans.appended(events, seconds)

    def left(self, count: int) -> None:
        self._left.inc(count)

    def compared(self, found: str) -> None:
        self._checks.labels(found).inc()

    def filled(self, source: str, count: int) -> None:
        self._filled.labels(source).inc(count)

    def connected(self) -> None:
        self._connects.inc()

    def replay(self, outcome: str) -> None:
        self._replays.labels(outcome).inc()

    def engines(self, away: Collection[str]) -> None:
        """Note which engines answer, those that are away named."""
        for name in ENGINES:
            self._engines.labels(name).set(name not in away)

    def sweep(self) -> None:
        self._sweeps.inc()

    def redis_reset(self) -> None:
        self._redis_resets.inc()

    def round(self, loop: str) -> None:
        self._rounds.labels(loop).inc()

    def stale(self) -> None:
        self._stale.inc()

    def provider_call(self, provider: str, outcome: str, seconds: float) -> None:
        self._provider_calls.labels(provider, outcome).inc()
        self._provider_seconds.labels(provider).observe(seconds)

    def job(self, kind: str, result: str, seconds: float) -> None:
        """Note that a job has ended here; it is called in its context, which has its trace."""
        self._jobs_done.labels(kind, result).inc()
        self._job_seconds.labels(kind).observe(seconds)
        if self.spans is not None:
            self.spans.step(TRACE.get(), f"job {kind}", seconds, result=result)

    def jobs(
        self, counts: Mapping[tuple[str, str], int], ages: Mapping[str, float], owed: float
    ) -> None:
        """Note how many jobs there are that are not done, and for how long: by kind and status.

        `owed` is for how long we have somebody's money for nothing.
        """
        self._owed.set(owed)
        self._job_age.clear()
        for kind, seconds in ages.items():
            self._job_age.labels(kind).set(seconds)
        self._jobs.clear()
        for (kind, status), count in counts.items():
            self._jobs.labels(kind, status).set(count)

    def gate(self, provider: str, gate: Gate) -> None:
        self._provider_shut.labels(provider).set(gate.shut)
        self._provider_busy.labels(provider).set(gate.busy)

    def redis_lost(self) -> None:
        self._redis_losses.inc()

    def recovery(self, outcome: str) -> None:
        self._recoveries.labels(outcome).inc()

    def swept(self, count: int) -> None:
        self._swept.inc(count)

    def render(self) -> bytes:
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Yield what is kept here and not in prometheus_client's own objects."""
        yield CounterMetricFamily("hub_deliveries", "Events sent to members", value=self.deliveries)
        if self._transport is not None:
            yield from _of_transport(self._transport)
        for name, text in (STEPS | PULSE).items():
            yield _timed(f"hub_{name}_seconds", text, self._steps[name])


STEPS = {
    "commit": "A command's transaction, fsync included",
    "append": "From the decision to the log in Redis",
    "end_to_end": "From the decision to the members here",
}
ENGINES = ("postgres", "redis")
FOUND = ("level", "behind", "ahead")
PULSE = {
    "loop_lag": "How much later than asked for the event loop comes round",
    "gc_pause": "The cycle collector at work",
}


def _of_transport(transport: EngineIO) -> Iterator[Metric]:
    text = "Writing what one turn of the loop brought for its members"
    yield _timed("hub_delivery_seconds", text, transport.turn.writes)
    yield _tallied("hub_endings", "Sessions that ended, by why", transport.endings)
    yield _tallied("hub_refusals", "Requests not served, by why", transport.refusals)
    text = "Clients that do not keep up"
    yield GaugeMetricFamily("hub_slow_clients", text, value=transport.slow)
    text = "What they are owed"
    yield GaugeMetricFamily("hub_backlog_bytes", text, value=transport.backlog)


def _timed(name: str, text: str, times: Times) -> HistogramMetricFamily:
    buckets = list(zip(BOUNDS, accumulate(times.counts), strict=True))
    return HistogramMetricFamily(name, text, buckets=buckets, sum_value=times.sum)


def _tallied(name: str, text: str, tally: Tally[str]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, text, labels=["reason"])
    for reason, count in sorted(tally.items()):
        family.add_metric([reason], count)
    return family
