"""A worker that dies while somebody speaks: another hears it all, and nobody stays behind."""

from pathlib import Path

import psutil

from hub.app import Node
from hub.settings import Settings
from scripts.mishaps.process import Worker, running
from state.domain.ids import new_id
from state.domain.sound import SECOND
from tests.interpreters import cancel_all
from tests.place import Place
from tests.processes import until
from tests.speech import ASKED, HEARD, plain, recorded


def listener(settings: Settings, log: Path) -> Worker:
    """Return a worker with what this machine has to hear."""
    env = {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "JWT_SECRET": settings.jwt_secret,
        "JOB_LEASE": "1",
    }
    return Worker(env, log)


def ears() -> list[psutil.Process]:
    """Return the programs of this test's workers that hear."""
    below = psutil.Process().children(recursive=True)
    return [each for each in below if any("whispering" in part for part in each.cmdline())]


async def test_a_killed_worker_loses_nothing_of_what_was_said(
    place: Place, nodes: list[Node], settings: Settings, tmp_path: Path
) -> None:
    await cancel_all(nodes[0].deps)
    guest, pcm = await place.guest(node=1), await recorded(ASKED)
    sent = {"voiceId": new_id(), "language": "en"}
    async with running(listener(settings, tmp_path / "log")) as [worker]:
        job_id = (await guest.send("translate:voice", **sent, part=0, audio=pcm))["jobId"]
        await guest.hears("translate:partial", seconds=200)
        [ear] = ears()
        await worker.kill()
        await until(lambda: not ear.is_running(), hint=lambda: "its ear lives on")
        await worker.start()
        rest = {"part": 1, "audio": bytes(SECOND // 2), "last": True}
        await guest.send("translate:voice", **sent, **rest)
        told, _ = await guest.hears("job:completed", lambda d: d["jobId"] == job_id, 200)
        assert plain(told["result"]["text"]) == HEARD
        assert len(guest.named("job:completed")) == 1
    await until(lambda: not ears(), hint=lambda: "an ear lives on")
