"""Keys. All of one restaurant share a hash tag, so that one script stays in one cluster slot."""

KEEP_SECONDS = 24 * 3600  # an order's live copy; what is needed later is rebuilt from Postgres
TABLE_SECONDS = 4 * 3600  # a party's stay
NODES = "hub"  # the channel that every node listens to
SWEPT = "swept"  # the mark of the last sweep
# Nodes of a version that writes entries otherwise keep a log of their own: each finds in Postgres
# what the others have committed.
FORM = 2


def head(restaurant_id: str) -> str:
    return f"{tag(restaurant_id)}log{FORM}:head"


def log(restaurant_id: str) -> str:
    return f"{tag(restaurant_id)}log{FORM}"


def channel(restaurant_id: str) -> str:
    return f"{tag(restaurant_id)}events{FORM}"


def active(restaurant_id: str) -> str:
    return f"{tag(restaurant_id)}orders:active:{restaurant_id}"


def completed(restaurant_id: str) -> str:
    return f"{tag(restaurant_id)}orders:completed:{restaurant_id}"


def order(restaurant_id: str, order_id: str) -> str:
    return f"{tag(restaurant_id)}order:{order_id}"


def table(restaurant_id: str, session_id: str) -> str:
    return f"{tag(restaurant_id)}table:{session_id}"


def displays(restaurant_id: str) -> str:
    return f"{tag(restaurant_id)}displays"


def tag(restaurant_id: str) -> str:
    return f"{{r:{restaurant_id}}}:"
