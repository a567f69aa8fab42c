"""Commands decided together on the same facts, each seeing what those before it changed."""

import asyncio
from collections.abc import Collection, Sequence
from time import perf_counter
from typing import Any

from handlers import receipting
from handlers.deps import TRACE, Deps
from handlers.usecase import UseCase
from state.domain.actor import Actor, ref
from state.domain.change import Answer, Change, Committed, Origin
from state.domain.commands import Command
from state.domain.errors import PASSING, Refusal
from state.domain.events import Event
from state.domain.facts import Facts
from state.store import log
from state.store.record import Batch

NOTHING_TO_DO = Answer(ok=True)


class Pending:
    """A command on its way. It must not be overtaken by others of its `place`, its restaurant."""

    __slots__ = ("actor", "answer", "cmd", "origin", "place", "since", "use")

    def __init__(self, use: UseCase[Any], cmd: Command, actor: Actor) -> None:
        self.use, self.cmd, self.actor = use, cmd, actor
        self.origin = Origin(
            actor=ref(actor), trace=TRACE.get(), name=type(cmd).__name__, command_id=cmd.command_id
        )
        reach = actor.restaurants or ()
        self.place = next(iter(reach)) if len(reach) == 1 else actor.tenant
        self.since = perf_counter()
        self.answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    def fail(self, exc: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(exc)

    def succeed(self, answer: Answer) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)


class Outcome:
    """What was decided on a command: an answer, or else an error.

    It counts once the part of `restaurant` is written, if it has one.
    """

    __slots__ = ("answer", "error", "events", "pending", "restaurant")

    def __init__(
        self,
        pending: Pending,
        answer: Answer = NOTHING_TO_DO,
        restaurant: str | None = None,
        events: Sequence[Event] = (),
        error: Exception | None = None,
    ) -> None:
        self.pending, self.answer, self.restaurant = pending, answer, restaurant
        self.events, self.error = events, error

    @property
    def refusal(self) -> Answer:
        """The error as an answer."""
        assert isinstance(self.error, Refusal)
        return Answer(ok=False, error=self.error.body())

    @property
    def to_keep(self) -> tuple[str, str] | None:
        """The actor and the id of a command whose refusal is to be repeated with it."""
        command_id = self.pending.origin.command_id
        if command_id is None or not isinstance(self.error, Refusal) or self.error.code in PASSING:
            return None
        return self.pending.actor.id, command_id

    def settle(self, other: Answer | None = None) -> None:
        """Give the answer, or `other` where the command was given that before."""
        if other is not None:
            self.pending.succeed(other)
        elif self.error is not None:
            self.pending.fail(self.error)
        else:
            self.pending.succeed(self.answer)


class Group:
    """`batches` has what is to be written, by restaurant."""

    def __init__(self, facts: Facts, deps: Deps) -> None:
        self._facts, self._deps = facts, deps
        self._by_id: dict[tuple[str, str], Outcome] = {}
        self.outcomes: list[Outcome] = []
        self.batches: dict[str, Batch] = {}

    def decide(self, pending: Pending) -> None:
        command_id = pending.origin.command_id
        if command_id is None:
            self.outcomes.append(self._decided(pending))
        else:
            self.outcomes.append(self._once(pending, (pending.actor.id, command_id)))

    def split(self, written: Collection[str]) -> tuple[list[Outcome], list[Outcome]]:
        """Return the outcomes that count, and those that have to be decided again.

        That goes for refusals too: what they were decided on may not have happened.
        """
        lost = self.batches.keys() - written
        doubtful = lost | {self._facts.restaurants[each].tenant_id for each in lost}
        again = [
            outcome
            for outcome in self.outcomes
            if outcome.restaurant in lost
            or (outcome.restaurant is None and outcome.pending.place in doubtful)
        ]
        return [outcome for outcome in self.outcomes if outcome not in again], again

    def _once(self, pending: Pending, key: tuple[str, str]) -> Outcome:
        """Return the first outcome under a command id, also where it is one of this group."""
        if key in self._facts.answers:
            return Outcome(pending, self._facts.answers[key])
        first = self._by_id.get(key)
        if first is not None:
            return Outcome(pending, first.answer, first.restaurant, error=first.error)
        self._by_id[key] = outcome = self._decided(pending)
        return outcome

    def _decided(self, pending: Pending) -> Outcome:
        TRACE.set(pending.origin.trace)  # the group's task began in the context of any of them
        try:
            change = pending.use.decide(self._facts, pending.cmd, pending.actor, self._deps)
            if change is None:
                return Outcome(pending)
            change = receipting.issued(self._facts, change)
            committed = self._enter(change, pending.origin)
        except Exception as exc:  # noqa: BLE001 - whatever it is, it is not its neighbours' fault
            return Outcome(pending, error=exc)
        return Outcome(pending, committed.answer, change.restaurant_id, committed.events)

    def _enter(self, change: Change, origin: Origin) -> Committed:
        seen = self._facts.restaurant(change.restaurant_id).seq
        batch = self.batches.get(change.restaurant_id) or Batch(seen)
        committed = log.enter(batch, self._facts, change, origin, self._deps.now())
        self.batches[change.restaurant_id] = batch
        return committed
