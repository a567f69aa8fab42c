"""What clients may ask: one Struct for each payload (PROTOCOL 2)."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from state.domain.language import Tag

# Without what JSON can spell and Postgres cannot keep: NUL, and halves of characters.
WHOLE = r"^[^\x00\ud800-\udfff]*$"

Id = Annotated[str, Meta(min_length=1, max_length=64, pattern=WHOLE)]
Note = Annotated[str, Meta(max_length=500, pattern=WHOLE)]
Quantity = Annotated[int, Meta(ge=1, le=99)]
Course = Annotated[int, Meta(ge=1, le=9)]
Seq = Annotated[int, Meta(ge=0, le=2**53)]


class Command(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What every command may carry: the caller's own name for this one intention."""

    command_id: Id | None = None


class JoinRestaurant(Command, frozen=True, kw_only=True):
    restaurant_id: Id
    since: Seq | None = None


class JoinKitchen(Command, frozen=True, kw_only=True):
    restaurant_id: Id
    station: Id | None = None
    since: Seq | None = None


class JoinWaiter(Command, frozen=True, kw_only=True):
    restaurant_id: Id
    tables: Annotated[tuple[Id, ...], Meta(max_length=200)] | None = None
    since: Seq | None = None


class JoinOrder(Command, frozen=True, kw_only=True):
    order_id: Id
    since: Seq | None = None


class JoinTable(Command, frozen=True, kw_only=True):
    since: Seq | None = None


class Leave(Command, frozen=True, kw_only=True):
    room: Annotated[str, Meta(min_length=1, max_length=200)]


class Resume(Command, frozen=True, kw_only=True):
    restaurant_id: Id
    since: Seq


class DisplayAck(Command, frozen=True, kw_only=True):
    restaurant_id: Id
    seq: Seq


class AuthRefresh(Command, frozen=True, kw_only=True):
    token: str


class LineRequest(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A dish as somebody wants it. What it costs is the menu's business."""

    menu_item_id: Id
    quantity: Quantity = 1
    modifiers: Annotated[tuple[Id, ...], Meta(max_length=30)] = ()
    note: Note = ""
    course: Course | None = None


class CartAdd(Command, frozen=True, kw_only=True):
    """`tableId` names the cart for staff; a guest's own session is used."""

    menu_item_id: Id
    quantity: Quantity = 1
    modifiers: Annotated[tuple[Id, ...], Meta(max_length=30)] = ()
    note: Note = ""
    course: Course | None = None
    table_id: Id | None = None


class CartUpdate(Command, frozen=True, kw_only=True):
    line_id: Id
    quantity: Quantity | UnsetType = UNSET
    modifiers: Annotated[tuple[Id, ...], Meta(max_length=30)] | UnsetType = UNSET
    note: Note | UnsetType = UNSET
    course: Course | UnsetType | None = UNSET
    table_id: Id | None = None


class CartRemove(Command, frozen=True, kw_only=True):
    line_id: Id
    table_id: Id | None = None


class CreateOrder(Command, frozen=True, kw_only=True):
    """`items` left out means the shared cart.

    `expectedTotal` is what the guest was shown that the lines cost together: where the menu has it
    otherwise by now, nothing is placed, and PRICE_CHANGED says so.
    """

    restaurant_id: Id | None = None
    table_id: Id | None = None
    items: Annotated[tuple[LineRequest, ...], Meta(min_length=1, max_length=50)] | None = None
    note: Note = ""
    expected_total: Annotated[int, Meta(ge=0, le=2**53)] | None = None


class OrderCommand(Command, frozen=True, kw_only=True):
    order_id: Id
    expected_version: int | None = None
    reason: Note = ""


class UpdateStatus(OrderCommand, frozen=True, kw_only=True):
    status: str


class RushOrder(OrderCommand, frozen=True, kw_only=True):
    rush: bool = True


class TransferOrder(OrderCommand, frozen=True, kw_only=True):
    table_id: Id


class ItemCommand(OrderCommand, frozen=True, kw_only=True):
    item_id: Id


class FireCourse(OrderCommand, frozen=True, kw_only=True):
    course: Course


class SetAvailability(Command, frozen=True, kw_only=True):
    """Without `quantity` nobody counts: the dish is there, or it is not."""

    menu_item_id: Id
    available: bool
    quantity: Annotated[int, Meta(ge=0, le=9999)] | None = None


class ServiceCommand(Command, frozen=True, kw_only=True):
    kind: Literal["call", "bill", "water", "other"]
    note: Note = ""


class ServiceStep(Command, frozen=True, kw_only=True):
    request_id: Id


class AlertAck(Command, frozen=True, kw_only=True):
    alert_id: Id


class JobCommand(Command, frozen=True, kw_only=True):
    job_id: Id


class TranslateText(Command, frozen=True, kw_only=True):
    """A text to read in the language `target`, the caller's own where it is left out.

    What is `private` is read by engines of this house only and soon forgotten. With a `sessionId`
    it is said in the conversation at that table, to everyone there in their own language. Where one
    is to `speak`, the result of the job has a `speech`: the translation, or the first thousand
    characters of it, read out.
    """

    text: Annotated[str, Meta(min_length=1, max_length=5000, pattern=WHOLE)]
    target: Tag | None = None
    source: Tag | None = None
    private: bool = False
    speak: bool = False
    restaurant_id: Id | None = None
    session_id: Id | None = None


class TranslateJoin(Command, frozen=True, kw_only=True):
    """`language` is what the caller reads, its token's where it is left out.

    `also` are languages of others who look at the same screen.
    """

    session_id: Id | None = None
    language: Tag | None = None
    also: Annotated[tuple[Tag, ...], Meta(max_length=3)] = ()
    since: Seq | None = None


class TranslateVoice(Command, frozen=True, kw_only=True):
    """A part of what somebody is saying: the first is `part` 0, and the last says so.

    `audio` is a binary attachment (or base64): PCM of 16 kHz, 16 bit, one channel, little-endian,
    64 KiB a part and 60 s in all at most; the first part may begin with the head of such a WAV
    file. `voiceId` is the caller's own name for the recording; a part sent again is taken once.
    What else a recording is for, its first part says: it is spoken in `language`, its text wanted
    in `target` too, and that read out where one is to `speak`. With a `sessionId` it is said in the
    conversation at that table. With `order` it is looked up on the menu: nothing is put into a
    cart. What is `private` is heard by engines of this house only. Sound is never kept.
    """

    voice_id: Id
    part: Annotated[int, Meta(ge=0, le=9999)]
    audio: Annotated[bytes, Meta(max_length=64 * 1024)] = b""
    last: bool = False
    language: Tag | None = None
    target: Tag | None = None
    speak: bool = False
    order: bool = False
    private: bool = False
    restaurant_id: Id | None = None
    session_id: Id | None = None


# eSIMs

Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}$")]
Price = Annotated[int, Meta(ge=0, le=2**53)]


class EsimPackages(Command, frozen=True, kw_only=True):
    """What there is for a `country` (ISO 3166), or, without one, for many countries at once.

    With an `esimId`: what that eSIM can be topped up with.
    """

    country: Country | None = None
    esim_id: Id | None = None
    restaurant_id: Id | None = None


class EsimPurchase(Command, frozen=True, kw_only=True):
    """`country` is that of the list in which the package stands.

    Where it costs other than `expectedPrice` by now, nothing is bought. `prepaid` is only for
    programs that have been paid already.
    """

    package_id: Annotated[str, Meta(min_length=1, max_length=200, pattern=WHOLE)]
    country: Country | None = None
    expected_price: Price | None = None
    prepaid: bool = False
    restaurant_id: Id | None = None


class EsimTopup(Command, frozen=True, kw_only=True):
    esim_id: Id
    package_id: Annotated[str, Meta(min_length=1, max_length=200, pattern=WHOLE)]
    expected_price: Price | None = None
    prepaid: bool = False


class EsimUsage(Command, frozen=True, kw_only=True):
    esim_id: Id
