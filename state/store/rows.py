"""Structs to rows and back: a column is named like the field it keeps."""

from collections.abc import Iterable, Sequence
from typing import Any, Generic, TypeVar

import msgspec
from asyncpg import Record
from msgspec import Struct

from state.store.pool import Conn

T = TypeVar("T", bound=Struct)


class Rows(Generic[T]):
    """How one kind of Struct is kept in one table; `skip` names fields kept elsewhere."""

    def __init__(self, table: str, kind: type[T], skip: Iterable[str] = ()) -> None:
        fields = [f for f in msgspec.structs.fields(kind) if f.name not in set(skip)]
        self._kind = kind
        self._table = table
        self._names = [f.name for f in fields]
        self.columns = ", ".join(f'{table}.{f.name} AS "{f.encode_name}"' for f in fields)

    def struct(self, row: Record, **more: Any) -> T:
        """Return the Struct of a row that was read with `columns`."""
        return msgspec.convert({**dict(row), **more}, self._kind)

    async def insert(self, conn: Conn, struct: T, **more: Any) -> None:
        """Insert one Struct; `more` has the columns that are no field of it."""
        values = {name: getattr(struct, name) for name in self._names} | more
        places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
        sql = f"INSERT INTO {self._table} ({', '.join(values)}) VALUES ({places})"
        await conn.execute(sql, *values.values())

    def inserting(self, place: int, *more: str) -> str:
        """Return SQL that inserts the rows of parameter `place`, a JSON array of `rows`."""
        names = ", ".join([*self._names, *more])
        return f"INSERT INTO {self._table} ({names}) SELECT {names} FROM {self._given(place)}"

    def updating(self, place: int, names: Sequence[str]) -> str:
        """Return SQL that writes the named columns of the rows of parameter `place`."""
        sets = ", ".join(f"{name} = given.{name}" for name in names)
        given = self._given(place)
        return f"UPDATE {self._table} SET {sets} FROM {given} WHERE {self._table}.id = given.id"

    def rows(self, structs: Iterable[T], **more: Any) -> list[dict[str, Any]]:
        """Return Structs as the SQL of `inserting` and `updating` takes them."""
        return [{name: getattr(s, name) for name in self._names} | more for s in structs]

    def _given(self, place: int) -> str:
        return f"json_populate_recordset(NULL::{self._table}, ${place}) AS given"
