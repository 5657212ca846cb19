"""What every group of queries shares: one connection, one account, three ways to run a statement.

Each statement may name `:account`, and every one that touches an account's table does: a ledger
belongs to one account, so that no caller can forget it. No table is known here.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any

from gateway.domain.errors import StorageUnavailable

Row = tuple[Any, ...]


class Rows:
    """A connection inside a transaction, seen by one account. `stirred` are the people whom its writes concern."""

    def __init__(self, conn: sqlite3.Connection, account: str) -> None:
        self.conn = conn
        self.account = account
        self.stirred: set[str] = set()

    def run(self, sql: str, /, **values: Any) -> sqlite3.Cursor:
        """Run one statement with named values.

        Raises StorageUnavailable when an error has ended the transaction: a statement after it would
        be committed on its own.
        """
        if not self.conn.in_transaction:
            raise StorageUnavailable(retry_after=5)
        return self.conn.execute(sql, {"account": self.account, **values})

    def one(self, sql: str, /, **values: Any) -> Row | None:
        """The first row, or None."""
        row: Row | None = self.run(sql, **values).fetchone()
        return row

    def every(self, sql: str, /, **values: Any) -> list[Row]:
        """All rows."""
        return self.run(sql, **values).fetchall()


def listed(name: str, values: Sequence[Any]) -> tuple[str, dict[str, Any]]:
    """`(:name0, :name1, …)` for an IN list, and the values that go with it. An empty list matches nothing."""
    named = {f"{name}{index}": value for index, value in enumerate(values)}
    return "(" + ", ".join(f":{key}" for key in named) + ")", named
