"""What a node is like at the moment somebody asks: looked up then, at no cost before."""

from hub.broker import Broker
from hub.connection import Connections
from hub.door import Door
from hub.engine import Members
from hub.metrics import Metrics
from state.store.pool import Pool


def show(
    metrics: Metrics,
    connections: Connections,
    members: Members,
    broker: Broker,
    door: Door,
    pool: Pool,
) -> None:
    """Let a node's metrics tell of its parts."""
    metrics.show("hub_connections", "Clients connected here", lambda: len(connections))
    metrics.show("hub_rooms", "Rooms with members here", lambda: len(members))
    metrics.show("hub_restaurants", "Logs followed here", lambda: len(broker))
    metrics.show("hub_restaurants_deaf", "Logs that bring no events: Redis is away", broker.deaf)
    metrics.show("hub_log_lag", "Events known and not yet delivered", broker.lag)
    metrics.show("hub_draining", "Whether this node is leaving", lambda: door.closed)
    metrics.show(
        "hub_database_busy",
        "Connections to Postgres in use",
        lambda: pool.get_size() - pool.get_idle_size(),
    )
