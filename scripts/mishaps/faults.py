"""What may happen on a bad night, each as it is done to a hub under load."""

import asyncio
from time import monotonic

from msgspec.structs import replace

from scripts.mishaps import payday
from scripts.mishaps.process import LEAVE_SECONDS, Node
from scripts.mishaps.shift import Plan
from scripts.mishaps.trial import Fault, Trial

FLAP_SECONDS = 1.0
HOUR = 3600.0
COMEBACK_SECONDS = 10.0  # for everybody, when all were cut at once


async def node_killed(trial: Trial) -> None:
    node = trial.hall.nodes[0]
    await node.kill()
    trial.over()
    await asyncio.sleep(trial.plan.lasts / 2)
    await node.start()


async def worker_killed(trial: Trial) -> None:
    await trial.hall.worker.kill()
    await asyncio.sleep(trial.plan.lasts / 2)
    await trial.hall.worker.start()
    trial.over()


async def node_frozen(trial: Trial) -> None:
    trial.hall.nodes[0].freeze()
    await asyncio.sleep(trial.plan.lasts)
    trial.hall.nodes[0].thaw()
    trial.over()


async def node_leaves(trial: Trial) -> None:
    await _leave(trial, trial.hall.nodes[0])
    trial.over()
    await trial.hall.nodes[0].start()


async def nodes_roll(trial: Trial) -> None:
    for node in trial.hall.nodes:
        await _leave(trial, node)
        await node.start()
    trial.over()


async def _leave(trial: Trial, node: Node) -> None:
    began = monotonic()
    code = await node.terminate()
    if code != 0:
        trial.wrong.append(f"a node that was asked to leave ended with {code}")
    if monotonic() - began > LEAVE_SECONDS:
        trial.wrong.append(f"a node took more than {LEAVE_SECONDS:.0f} s to leave")


async def redis_emptied(trial: Trial) -> None:
    await trial.hall.engines.kill_valkey()
    await trial.hall.engines.start_valkey(empty=True)
    trial.over()


async def redis_stopped(trial: Trial) -> None:
    await trial.hall.engines.stop_valkey()
    await asyncio.sleep(trial.plan.lasts)
    await trial.hall.engines.start_valkey()
    trial.over()


async def postgres_restarted(trial: Trial) -> None:
    await trial.hall.engines.restart_postgres()
    trial.over()


async def postgres_killed(trial: Trial) -> None:
    await trial.hall.engines.kill_postgres()
    await trial.hall.engines.start_postgres()
    trial.over()


async def redis_cut(trial: Trial) -> None:
    await trial.hall.redis.pull()
    await asyncio.sleep(trial.plan.lasts)
    await trial.hall.redis.plug()
    trial.over()


async def redis_mute(trial: Trial) -> None:
    """As a network that loses every packet, so that nobody is told that it is broken.

    When it is mended, what was lost is not sent again: the connections have no future.
    """
    trial.hall.redis.swallows = True
    await asyncio.sleep(trial.plan.lasts)
    trial.hall.redis.swallows = False
    trial.hall.redis.cut()
    trial.over()


async def display_asleep(trial: Trial) -> None:
    for hatch in trial.hall.hatches:
        hatch.hold()
    await asyncio.sleep(trial.plan.lasts)
    for hatch in trial.hall.hatches:
        hatch.let_go()
    trial.over()


async def clients_flap(trial: Trial) -> None:
    times = max(1, round(trial.plan.lasts / FLAP_SECONDS))
    for _ in range(times):
        for door in (*trial.hall.doors, *trial.hall.hatches):
            door.cut()
        trial.over()
        await asyncio.sleep(FLAP_SECONDS)


async def clocks_jump(trial: Trial) -> None:
    for hours in (1, -24, 0):
        trial.load.displays.jump(hours * HOUR)
        await asyncio.sleep(trial.plan.lasts / 3)
    trial.over()


async def all_cut(trial: Trial) -> None:
    assert trial.crowd is not None
    trial.crowd.cut()
    for door in (*trial.hall.doors, *trial.hall.hatches):
        door.cut()
    try:
        trial.back = await trial.crowd.back()
    except TimeoutError:
        trial.wrong.append("some did not come back")
    if trial.back - trial.ended > COMEBACK_SECONDS:
        trial.wrong.append(f"it took {trial.back - trial.ended:.1f} s until all were back")


def flood(plan: Plan) -> Plan:
    """So much for one display that it owes more than it may."""
    return replace(plan, restaurants=1, rate=2 * plan.rate, lasts=2 * plan.lasts)


def crowded(plan: Plan) -> Plan:
    """Each order is heard by all the phones at its table."""
    return replace(plan, rate=plan.rate / 2)


FAULTS = [
    Fault("node-killed", "kill -9 of a node", node_killed),
    Fault("worker-killed", "kill -9 of the worker, back after {seconds} s", worker_killed),
    Fault("node-frozen", "SIGSTOP of a node for {seconds} s", node_frozen),
    Fault("node-leaves", "SIGTERM of a node", node_leaves),
    Fault("nodes-roll", "three nodes restarted, one after the other", nodes_roll, nodes=3),
    Fault("redis-emptied", "Redis killed, and back empty", redis_emptied),
    Fault("redis-stopped", "Redis stopped for {seconds} s", redis_stopped),
    Fault("redis-cut", "network between a node and Redis cut for {seconds} s", redis_cut),
    Fault("redis-mute", "the same, and no packet says so", redis_mute),
    Fault("postgres-restarted", "Postgres restarted", postgres_restarted),
    Fault("postgres-killed", "kill -9 of Postgres", postgres_killed),
    Fault("display-asleep", "displays read nothing for {seconds} s", display_asleep, load=flood),
    Fault("clients-flap", "all clients cut every second for {seconds} s", clients_flap),
    Fault("all-cut", "all clients cut at once", all_cut, load=crowded, crowd=True),
    Fault("clocks-jump", "clocks of displays jump by hours", clocks_jump),
    Fault(
        "money",
        "kill -9 at each step of paying, Stripe in trouble",
        payday.money,
        load=payday.paying,
        pays=True,
    ),
]
