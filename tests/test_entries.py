"""Events as the log in Redis keeps them."""

from datetime import UTC, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from hub.audience import rooms, rooms_of
from state.domain.actor import ActorRef
from state.domain.events import About, Event, Name
from state.live import entries

# Whatever people type, line breaks and all.
texts = st.text(max_size=20)
ids = st.text(alphabet="0123456789abcdef-", min_size=1, max_size=36)
groups = st.lists(ids, max_size=3).map(tuple)
abouts = st.builds(
    About,
    order=ids,
    sessions=groups,
    tables=groups,
    stations=groups,
    level=st.integers(0, 2),
    change=st.dictionaries(texts, texts, max_size=3),
)
events = st.builds(
    Event,
    seq=st.integers(1, 2**53),
    event_id=ids,
    restaurant_id=ids,
    name=st.sampled_from([str(name) for name in Name]),
    at=st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    actor=st.builds(ActorRef, role=texts, id=texts),
    trace=st.one_of(st.just(""), ids),
    about=abouts,
    data=st.dictionaries(texts, texts, max_size=4).map(
        lambda data: msgspec.Raw(msgspec.json.encode(data))
    ),
)


@given(events)
def test_an_event_comes_back_as_it_was(event: Event) -> None:
    assert entries.read(entries.write(event)) == event


@given(events)
def test_a_node_knows_from_the_entry_who_hears_of_it(event: Event) -> None:
    seq, at, trace, audience, _ = entries.split(entries.write(event))
    assert rooms_of(event.restaurant_id, audience) == rooms(event)
    assert (int(seq), trace.decode()) == (event.seq, event.trace)
    assert abs(entries.seconds(at) - event.at.timestamp()) < 1e-5


@given(events)
def test_what_clients_get_says_when_it_is_a_replay_and_nothing_else_differs(event: Event) -> None:
    arguments = entries.arguments(event)
    name, data, meta, offset = msgspec.json.decode(arguments)
    assert msgspec.json.decode(entries.replayed(arguments)) == [
        *(name, data),
        {**meta, "replay": True},
        offset,
    ]
    assert (name, offset, meta["seq"]) == (event.name, str(event.seq), event.seq)
    assert "replay" not in meta
