"""Notes of orders, put into the kitchen's language beside what guests wrote."""

from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from handlers.deps import TRACE, Deps
from handlers.jobs import Kind, Outcome, Task
from handlers.providers.all import Providers
from handlers.translating import Translating
from state.domain import events, job
from state.domain.actor import Actor
from state.domain.change import Change
from state.domain.facts import Facts
from state.domain.job import NOTE, Job
from state.domain.language import base, same
from state.domain.order import CLOSED, Item, Order
from state.domain.restaurant import Restaurant
from state.domain.translation import NoteTranslation, Translation


def marked(order: Order, restaurant: Restaurant, actor: Actor) -> Order:
    """Return an order whose warnings say that they stand in for a translation, where they do."""
    if same(actor.lang, restaurant.language):
        return order
    items = tuple(replace(item, note_translation=_kept(item)) for item in order.items)
    return replace(order, note_translation=_kept(order), items=items)


def _kept(noted: Order | Item) -> NoteTranslation | None:
    beside = noted.note_translation
    return beside and replace(beside, untranslated=True)


def new_job(order: Order, restaurant: Restaurant, actor: Actor, deps: Deps) -> list[Job]:
    """Return the job that puts an order's notes into its kitchen's language, if they need that.

    In a shared cart the others at the table may have written in languages of their own.
    """
    known = same(actor.lang, restaurant.language)
    of_others = {item.id for item in order.items if item.guest_id not in ("", actor.id)}
    notes = {
        place: note
        for place, note, warned in _notes(order)
        if note and not warned and (not known or place in of_others)
    }
    if not notes:
        return []
    payload = {
        "orderId": order.id,
        "notes": notes,
        "target": restaurant.language,
        "guess": None if known else actor.lang,
    }
    return [
        job.new_job(
            restaurant.tenant_id,
            restaurant.id,
            "note",
            payload,
            deps.now(),
            priority=NOTE,
            trace=TRACE.get(),
        )
    ]


def _notes(order: Order) -> Iterator[tuple[str, str, bool]]:
    """Yield the notes of an order: where they stand, and whether no machine may touch them."""
    yield "", order.note, order.note_translation is not None
    for item in order.items:
        yield item.id, item.note, item.note_translation is not None


async def _translate_notes(task: Task, providers: Providers) -> dict[str, Translation]:
    asked = task.job.payload
    places = list(asked["notes"])
    found = await Translating(task.deps.redis, providers.translators).translate(
        [asked["notes"][place] for place in places], None, asked["target"], guess=asked["guess"]
    )
    return dict(zip(places, found, strict=True))


def _put_notes(facts: Facts, held: Job, outcome: Outcome, _deps: Deps) -> Change | None:
    """Put translations beside the notes they are of; the order itself is no other for that."""
    order = facts.orders.get(held.payload["orderId"])
    made = msgspec.convert(outcome.result or {}, dict[str, Translation])
    beside = {place: _beside(each) for place, each in made.items() if _helps(each)}
    if order is None or order.status in CLOSED or not beside:
        return None
    after = replace(
        order,
        note_translation=beside.get("", order.note_translation),
        items=tuple(
            replace(item, note_translation=beside.get(item.id, item.note_translation))
            for item in order.items
        ),
    )
    return Change(
        tenant_id=held.tenant_id,
        restaurant_id=held.restaurant_id,
        orders=[(order, after)],
        drafts=[events.of_notes(after)],
        answer=None,
    )


def _helps(made: Translation) -> bool:
    """Tell whether a translation says more than the note itself, which may not be foreign."""
    return bool(made.engine) and not same(made.source, made.target) and made.text != made.original


def _beside(made: Translation) -> NoteTranslation:
    texts = {base(made.target): made.text}
    return NoteTranslation(texts=texts, engine=made.engine, sandbox=made.sandbox)


KINDS = (Kind("note", _translate_notes, _put_notes, seconds=60.0, at_once=16),)
