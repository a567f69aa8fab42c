"""What a node counts and times, for Prometheus. Times are in seconds."""

from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from state.domain.events import Event

BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


class Metrics:
    """One registry a process: nodes are scraped one by one, on their own ports."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self.connections = Gauge("hub_connections", "Clients connected here", registry=registry)
        self.rooms = Gauge("hub_rooms", "Rooms with members here", registry=registry)
        self.lag = Gauge("hub_log_lag", "Events known and not yet delivered", registry=registry)
        self._commands = Counter(
            "hub_commands", "Commands by name and result", ["name", "result"], registry=registry
        )
        self._deliveries = Counter("hub_deliveries", "Events sent to members", registry=registry)
        self._redis_losses = Counter("hub_redis_losses", "Redis gone away", registry=registry)
        self._swept = Counter(
            "hub_swept_events", "Events a node left unpublished", registry=registry
        )
        self._steps = {
            name: Histogram(f"hub_{name}_seconds", text, buckets=BUCKETS, registry=registry)
            for name, text in STEPS.items()
        }
        self._command_seconds = Histogram(
            "hub_command_seconds",
            "From packet to ack",
            ["name"],
            buckets=BUCKETS,
            registry=registry,
        )

    def observe(self, step: str, seconds: float) -> None:
        self._steps[step].observe(seconds)

    def command(self, name: str, result: str, seconds: float) -> None:
        self._commands.labels(name, result).inc()
        self._command_seconds.labels(name).observe(seconds)

    def delivered(self, event: Event, receivers: int, seconds: float) -> None:
        self._deliveries.inc(receivers)
        self.observe("delivery", seconds)
        self.observe("end_to_end", (datetime.now(UTC) - event.at).total_seconds())

    def redis_lost(self) -> None:
        self._redis_losses.inc()

    def swept(self, count: int) -> None:
        self._swept.inc(count)

    def render(self) -> bytes:
        return generate_latest(self._registry)


STEPS = {
    "commit": "A command's transaction, fsync included",
    "append": "From the decision to the log in Redis",
    "delivery": "Writing one event to its members here",
    "end_to_end": "From the decision to the members here",
}
