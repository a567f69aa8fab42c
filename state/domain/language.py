"""Languages, by their BCP 47 tags: which are the same, and who is good at which."""

from typing import Annotated

from msgspec import Meta

Tag = Annotated[
    str, Meta(min_length=2, max_length=20, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
]


def tags(text: str) -> frozenset[str]:
    return frozenset(text.split())


EUROPEAN = tags(
    "bg cs da de el en es et fi fr ga hr hu is it lt lv mk mt nb nl no pl pt ro ru sk sl sq sr sv"
    " uk"
)
ASIAN = tags("bn fil hi id ja km ko lo mn ms my ne si ta te th ur vi zh")


def base(tag: str) -> str:
    """Return the language of a tag: `de` of `de-AT`."""
    return tag.replace("_", "-").partition("-")[0].lower()


def same(one: str, other: str) -> bool:
    """Tell whether who reads the one reads the other."""
    return base(one) == base(other)
