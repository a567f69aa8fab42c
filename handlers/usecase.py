"""What a use case is: a decision, which neither reads nor writes, and what it has to look at."""

from collections.abc import Callable
from typing import Generic, TypeVar

from handlers.deps import Deps
from state.domain.actor import Actor
from state.domain.change import Change
from state.domain.commands import Command
from state.domain.facts import Facts, Needs, named

C = TypeVar("C", bound=Command)
Decide = Callable[[Facts, C, Actor, Deps], Change | None]


class UseCase(Generic[C]):
    """How one kind of command is decided; it says of itself what its decision does.

    Beyond what the command names it may need to know the `kitchen`'s work ahead, or of the whole
    `stay` of a party: all that it ordered and asked for; or the actor's own cash `drawer`.
    """

    def __init__(
        self,
        decide: Decide[C],
        *,
        kitchen: bool = False,
        stay: bool = False,
        drawer: bool = False,
    ) -> None:
        self.decide = decide
        self.__doc__ = decide.__doc__
        self._kitchen, self._stay, self._drawer = kitchen, stay, drawer

    def needs(self, cmd: C, actor: Actor) -> Needs:
        return named(cmd, actor, kitchen=self._kitchen, stay=self._stay, drawer=self._drawer)


def use_case(
    *, kitchen: bool = False, stay: bool = False, drawer: bool = False
) -> Callable[[Decide[C]], UseCase[C]]:
    return lambda decide: UseCase(decide, kitchen=kitchen, stay=stay, drawer=drawer)
