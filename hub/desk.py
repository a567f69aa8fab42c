"""Commands about work for other companies: what can be answered at once is, the rest are jobs."""

from handlers import jobs
from handlers.deps import Deps
from hub.connection import Connection
from hub.entry import Reply
from hub.joins import Joins
from state.domain.change import Answer
from state.domain.commands import JobCommand


class Desk:
    """Whoever asks here hears how it goes on, though they have joined nothing else."""

    def __init__(self, deps: Deps, joins: Joins) -> None:
        self._deps, self._joins = deps, joins

    async def job_get(self, cmd: JobCommand, conn: Connection) -> Reply:
        """Tell how it goes with a job, and from then on what becomes of it."""
        told, rid = await jobs.get(cmd.job_id, conn.actor, self._deps)
        await self._joins.listen(rid, conn)
        told, _ = await jobs.get(cmd.job_id, conn.actor, self._deps)  # it may have ended meanwhile
        return Reply(Answer(ok=True, data=told))
