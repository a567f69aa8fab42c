"""Structs to rows and back: a column is named like the field it keeps."""

from collections.abc import Iterable, Sequence
from typing import Any, Generic, TypeVar

import msgspec
from asyncpg import Record
from msgspec import Struct

from state.store.pool import Conn

T = TypeVar("T", bound=Struct)
Row = dict[str, Any]


class Rows(Generic[T]):
    """How one kind of Struct is kept in one table.

    `skip` names fields that are kept elsewhere, `changing` those that commands change.
    """

    def __init__(
        self,
        table: str,
        kind: type[T],
        skip: Iterable[str] = (),
        changing: Sequence[str] = (),
    ) -> None:
        fields = [f for f in msgspec.structs.fields(kind) if f.name not in set(skip)]
        self._kind = kind
        self._table = table
        self._changing = changing
        self._names = [f.name for f in fields]
        self.columns = ", ".join(f'{table}.{f.name} AS "{f.encode_name}"' for f in fields)

    def struct(self, row: Record, **more: Any) -> T:
        """Return the Struct of a row that was read with `columns`."""
        return msgspec.convert({**dict(row), **more}, self._kind)

    async def insert(self, conn: Conn, struct: T, **more: Any) -> None:
        """Insert one Struct; `more` has the columns that are no field of it."""
        values = self.row(struct, **more)
        await conn.execute(self._insert(values), *values.values())

    async def insert_all(self, conn: Conn, structs: Sequence[T]) -> None:
        """Insert Structs by one statement."""
        rows = [self.row(struct) for struct in structs]
        names = ", ".join(self._names)
        await conn.execute(
            f"INSERT INTO {self._table} ({names}) SELECT {names}"
            f" FROM json_populate_recordset(NULL::{self._table}, $1::text::json)",
            msgspec.json.encode(rows).decode(),
        )

    async def add(self, conn: Conn, struct: T) -> bool:
        """Insert one Struct, unless there is one already that excludes it; tell which it was."""
        values = self.row(struct)
        sql = f"{self._insert(values)} ON CONFLICT DO NOTHING"
        return bool(await conn.execute(sql, *values.values()) == "INSERT 0 1")

    def inserting(self, given: str, *more: str) -> str:
        """Return SQL that inserts the rows of a column of `won` (see record.py), a JSON array."""
        names = [*self._names, *more]
        values = ", ".join(f"given.{name}" for name in names)
        into = f"{self._table} ({', '.join(names)})"
        return f"INSERT INTO {into} SELECT {values} FROM {self._rows(given)}"

    def updating(self, given: str) -> str:
        """Return SQL that writes what commands change of such rows."""
        sets = ", ".join(f"{name} = given.{name}" for name in self._changing)
        rows = self._rows(given)
        return f"UPDATE {self._table} SET {sets} FROM {rows} WHERE {self._table}.id = given.id"

    def row(self, struct: T, **more: Any) -> Row:
        """Return a Struct as the SQL of `inserting` takes it."""
        return {name: getattr(struct, name) for name in self._names} | more

    def changed(self, struct: T) -> Row:
        """Return what the SQL of `updating` takes of a Struct."""
        return {name: getattr(struct, name) for name in ("id", *self._changing)}

    def _insert(self, values: Row) -> str:
        places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
        return f"INSERT INTO {self._table} ({', '.join(values)}) VALUES ({places})"

    def _rows(self, given: str) -> str:
        return f"won, json_populate_recordset(NULL::{self._table}, won.{given}::json) AS given"
