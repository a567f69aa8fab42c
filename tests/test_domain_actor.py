"""Who asks, and how far a role reaches."""

import pytest

from state.domain.actor import ALL, CHIEFS, FLOOR, PASS, STAFF, ActorRef, Role, ref
from state.domain.errors import Code, Refusal, not_found
from tests import make

GROUPS = {
    "guest": [ALL],
    "waiter": [ALL, STAFF, FLOOR],
    "kitchen": [ALL, STAFF, PASS],
    "expo": [ALL, STAFF, PASS],
    "manager": [ALL, STAFF, FLOOR, PASS, CHIEFS],
    "admin": [ALL, STAFF, FLOOR, PASS, CHIEFS],
    "service": [ALL, STAFF, FLOOR, PASS, CHIEFS],
}


@pytest.mark.parametrize("role", Role)
def test_each_role_belongs_to_its_groups_and_to_no_other(role: Role) -> None:
    for group in (ALL, STAFF, FLOOR, PASS, CHIEFS):
        assert (role in group) is (group in GROUPS[role])


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("group", [STAFF, FLOOR, PASS, CHIEFS, frozenset()])
def test_whoever_is_not_named_is_refused(role: Role, group: frozenset[Role]) -> None:
    if role in group:
        make.actor(role).require(group)
    else:
        with pytest.raises(Refusal, match=f"a {role} may not do this") as refused:
            make.actor(role).require(group)
        assert refused.value.code is Code.FORBIDDEN


@pytest.mark.parametrize(
    ("restaurants", "tenant", "restaurant", "reached"),
    [
        ({"r1", "r2"}, "t1", "r1", True),
        ({"r1", "r2"}, "t1", "r3", False),
        (set(), "t1", "r1", False),
        (None, "t1", "r9", True),  # all of the tenant's
        (None, "t2", "r9", False),
        ({"r1"}, "t2", "r1", False),  # another tenant's, whatever the token names
    ],
)
def test_what_is_out_of_reach_looks_as_if_it_were_not_there(
    restaurants: set[str] | None, tenant: str, restaurant: str, reached: bool
) -> None:
    reach = None if restaurants is None else frozenset(restaurants)
    who = make.actor(Role.ADMIN, restaurants=reach)
    if reached:
        who.require_reach(tenant, restaurant)
        return
    with pytest.raises(Refusal) as refused:
        who.require_reach(tenant, restaurant, "order")
    assert refused.value.body() == not_found("order").body()


def test_only_a_guest_is_a_guest() -> None:
    assert [role for role in Role if make.actor(role).is_guest] == [Role.GUEST]


def test_an_event_names_the_actor_by_role_and_id_only() -> None:
    assert ref(make.actor(Role.WAITER, name="Lena")) == ActorRef("waiter", "waiter-1")
