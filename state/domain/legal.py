"""Who a restaurant is before the law: what its receipts and invoices have to say of it."""

import re
from typing import Annotated

import msgspec
from msgspec import Meta

from state.domain.commands import WHOLE, Command
from state.domain.errors import invalid

TAX_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z ./-]{2,30}[0-9A-Za-z]")


class Legal(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The name and the address of whoever sells, and what the tax office knows it by."""

    name: str = ""
    address: str = ""
    tax_id: str = ""

    @property
    def complete(self) -> bool:
        return bool(self.name and self.address and self.tax_id)


class SaveLegal(Command, frozen=True, kw_only=True):
    """The lines of an address end in line breaks; `taxId` is a VAT or tax number."""

    name: Annotated[str, Meta(min_length=1, max_length=120, pattern=WHOLE)]
    address: Annotated[str, Meta(min_length=1, max_length=300, pattern=WHOLE)]
    tax_id: Annotated[str, Meta(max_length=32, pattern=WHOLE)]


def require_legal(cmd: SaveLegal) -> Legal:
    """Return what is to be kept; raise INVALID where a name or an address says nothing."""
    for field in ("name", "address"):
        if not getattr(cmd, field).strip():
            raise invalid(field, "is empty")
    if not TAX_ID.fullmatch(cmd.tax_id.strip()):
        raise invalid("taxId", "is no tax number: 4 to 32 letters and digits, such as DE 123456789")
    lines = [line.strip() for line in cmd.address.splitlines()]
    return Legal(
        name=" ".join(cmd.name.split()),
        address="\n".join(line for line in lines if line),
        tax_id=cmd.tax_id.strip(),
    )
