"""Queries on the journal: its counter, its lines, and who may see which of them."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from gateway.domain.booking import By, Status
from gateway.domain.times import millis, moment
from gateway.records import Line
from gateway.store.rows import Row, Rows, listed

COLUMNS = "c.uid, c.event, c.at, c.before_status, c.after_status, c.by_role, c.by_name, c.channel, c.cause, c.detail, c.seq"


class Journal(Rows):
    """One number per account, without gaps, in commit order. Lines are appended and never deleted."""

    def identity(self) -> str:
        """The random name made with the database."""
        row = self.one("pragma user_version")
        assert row is not None
        return f"{row[0]:08x}"

    def beat(self) -> None:
        """Write a few pages that mean nothing, to prove that the store has room for more."""
        self.run("insert or replace into marks (account, mark) values (:account, randomblob(16384))")

    def append(self, line: Line, viewers: Iterable[str], now: datetime) -> int:
        """Append a line, at `now`, for those who may see it; returns its number."""
        seq = self._next()
        self.run(
            """insert into changes (account, seq, uid, event, at, recorded_at, before_status, after_status,
                                    by_role, by_name, channel, cause, detail)
               values (:account, :seq, :uid, :event, :at, :now, :before, :after, :role, :name, :channel, :cause, :detail)""",
            seq=seq,
            uid=line.uid,
            event=line.event,
            at=millis(line.at),
            now=millis(now),
            before=line.before,
            after=line.after,
            role=line.by.role if line.by else None,
            name=line.by.name if line.by else None,
            channel=line.channel,
            cause=line.cause,
            detail=json.dumps(dict(line.detail)),
        )
        for person in viewers:
            self.stirred.add(person)
            self.run(
                "insert into viewers (account, person, seq) values (:account, :person, :seq)",
                person=person,
                seq=seq,
            )
            self.run(
                "update participants set seq = :seq where account = :account and person = :person and uid = :uid",
                seq=seq,
                person=person,
                uid=line.uid,
            )
        return seq

    def last(self, keys: Sequence[str]) -> int:
        """The number of the last line that one of `keys` may see; 0 when there is none."""
        sql = "select max(seq) from viewers where account = :account and person = :person"
        found = (self.one(sql, person=key) for key in keys)
        return max((row[0] for row in found if row and row[0] is not None), default=0)

    def told(self, uid: str) -> bool:
        """True when the booking was first heard of by a webhook."""
        row = self.one(
            "select cause from changes where account = :account and uid = :uid order by seq", uid=uid
        )
        return row is not None and row[0] == "webhook"

    def changes(self, keys: Sequence[str], since: int, limit: int) -> list[Line]:
        """The lines after `since` that one of `keys` may see, in order, at most so many."""
        _, values = listed("person", keys)
        if not values:
            return []
        # One short walk along each key's own lines: an IN list would sort all that came after `since`.
        mine = " union ".join(
            f"""select seq from (select seq from viewers where account = :account and person = :{name}
                and seq > :since order by seq limit :limit)"""
            for name in values
        )
        rows = self.every(
            f"""select {COLUMNS} from ({mine} order by seq limit :limit) mine
                join changes c on c.account = :account and c.seq = mine.seq order by c.seq""",
            since=since,
            limit=limit,
            **values,
        )
        return [_line(row) for row in rows]

    def counted(self) -> int:
        """The number of the account's last line, whoever may see it; 0 when there is none."""
        row = self.one("select last from counters where account = :account")
        return int(row[0]) if row else 0

    def timeline(self, uid: str, keys: Sequence[str]) -> list[Line]:
        """A booking's lines, oldest first, as far as `keys` may see them."""
        people, values = listed("person", keys)
        rows = self.every(
            f"""select {COLUMNS} from changes c
                where c.account = :account and c.uid = :uid and exists (
                    select 1 from viewers v
                    where v.account = c.account and v.seq = c.seq and v.person in {people})
                order by c.seq""",
            uid=uid,
            **values,
        )
        return [_line(row) for row in rows]

    def _next(self) -> int:
        row = self.one(
            """insert into counters (account, last) values (:account, 1)
               on conflict (account) do update set last = last + 1 returning last"""
        )
        assert row is not None
        return int(row[0])


def _line(row: Row) -> Line:
    uid, event, at, before, after, role, name, channel, cause, detail, seq = row
    return Line(
        uid,
        event,
        moment(at),
        Status(before) if before else None,
        Status(after) if after else None,
        By(role, name) if role else None,
        channel,
        cause,
        json.loads(detail),
        seq,
    )
