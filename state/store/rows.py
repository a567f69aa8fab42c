"""Structs to rows and back: a column is named like the field it keeps."""

from collections.abc import Iterable, Mapping, Sequence
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

    async def insert(
        self, conn: Conn, structs: Sequence[T], more: Sequence[Mapping[str, Any]]
    ) -> None:
        """Insert Structs; `more` has for each the columns that are no field of it."""
        if structs:
            names = [*self._names, *more[0]]
            places = ", ".join(f"${number}" for number in range(1, len(names) + 1))
            sql = f"INSERT INTO {self._table} ({', '.join(names)}) VALUES ({places})"
            pairs = zip(structs, more, strict=True)
            await conn.executemany(
                sql, [(*_values(s, self._names), *extra.values()) for s, extra in pairs]
            )

    async def update(self, conn: Conn, structs: Sequence[T], names: Sequence[str]) -> None:
        """Write the named fields of Structs whose rows are there already."""
        sets = ", ".join(f"{name} = ${number}" for number, name in enumerate(names, 2))
        sql = f"UPDATE {self._table} SET {sets} WHERE id = $1"
        if structs:
            await conn.executemany(sql, [_values(struct, ("id", *names)) for struct in structs])


def _values(struct: Struct, names: Sequence[str]) -> list[Any]:
    return [getattr(struct, name) for name in names]
