"""Queries on what is remembered beside the bookings: hosts' addresses, asking event types, looks to be taken."""

from collections.abc import Iterable
from datetime import datetime

from gateway.domain.booking import Status
from gateway.domain.people import fold
from gateway.domain.times import millis, moment
from gateway.records import MISSING, Look
from gateway.store.rows import Rows, listed


class Knowledge(Rows):
    """Small facts, each written when Cal.com mentions it."""

    def learn_host(self, number: int, email: str, at: datetime) -> str | None:
        """Remember the address last seen with a host's id; returns the one it had before, if it changed.

        What was kept under the bare address, while no id was known, is the id's from now on.
        """
        address = fold(email)
        self.stirred.add(f"host:{address}")  # whoever comes with it may find other bookings from now on
        known = self.one("select email, seen_at from hosts where account = :account and id = :id", id=number)
        if known is not None and known[1] > millis(at):
            return None
        self.run(
            "insert or replace into hosts (account, id, email, seen_at) values (:account, :id, :email, :at)",
            id=number,
            email=address,
            at=millis(at),
        )
        if known is not None and known[0] == address:
            return None
        if known is not None:
            self.stirred.add(f"host:{known[0]}")
        self._merge(f"host:{address}", f"host:{number}")
        return known[0] if known is not None else None

    def hosted(self, person: str) -> list[str]:
        """The uids that a person sees as host or co-host."""
        sql = "select uid from participants where account = :account and person = :person order by uid"
        return [row[0] for row in self.every(sql, person=person)]

    def host_ids(self, emails: Iterable[str]) -> list[int]:
        """The ids last seen with one of these addresses."""
        sql = "select id from hosts where account = :account and email = :email order by seen_at desc limit 1"
        return [row[0] for email in emails if (row := self.one(sql, email=fold(email)))]

    def hosts(self, person: str) -> bool:
        """True when this person sees any booking as host or co-host."""
        sql = """select 1 from participants where account = :account and person = :person
                 and role <> 'attendee' limit 1"""
        return self.one(sql, person=person) is not None

    def learn_asking(self, event_type: str, at: datetime) -> None:
        """Remember that an event type has sent a request."""
        self.run(
            """insert into asking (account, event_type, since) values (:account, :event_type, :at)
               on conflict do nothing""",
            event_type=event_type,
            at=millis(at),
        )

    def asks(self, event_type: str) -> bool:
        """True when the event type has ever sent a request."""
        sql = "select 1 from asking where account = :account and event_type = :event_type"
        return self.one(sql, event_type=event_type) is not None

    def ask(self, look: Look) -> None:
        """Queue a look; one that is queued already keeps the earlier time, and the more urgent cause."""
        self.run(
            """insert into looks (account, uid, due, tries, answer, cause)
               values (:account, :uid, :due, :tries, :answer, :cause)
               on conflict (account, uid) do update set due = min(due, excluded.due),
                   tries = max(tries, excluded.tries), answer = coalesce(excluded.answer, answer),
                   cause = min(cause, excluded.cause)""",
            uid=look.uid,
            due=millis(look.due),
            tries=look.tries,
            answer=look.answer,
            cause=look.cause,
        )

    def looks(self, now: datetime, limit: int) -> list[Look]:
        """Looks that are due, those of a reconciliation last, else oldest first."""
        rows = self.every(
            """select uid, due, tries, answer, cause from looks where account = :account and due <= :now
               order by cause, due, uid limit :limit""",
            now=millis(now),
            limit=limit,
        )
        return [Look(uid, moment(due), tries, answer, cause) for uid, due, tries, answer, cause in rows]

    def next_look(self) -> datetime | None:
        """When the next look falls due."""
        row = self.one("select min(due) from looks where account = :account")
        return moment(row[0]) if row and row[0] is not None else None

    def looked(self, look: Look) -> None:
        """Take a look off the queue."""
        self.run("delete from looks where account = :account and uid = :uid", uid=look.uid)

    def missing(self) -> int:
        """How many bookings are to be looked at once more because Cal.com did not know them."""
        row = self.one(
            "select count(*) from looks where account = :account and answer = :answer", answer=MISSING
        )
        return int(row[0]) if row else 0

    def unasked(self, statuses: Iterable[Status], start: datetime) -> set[str]:
        """The uids of bookings with these statuses that begin at `start` or later, and no look is queued for."""
        states, values = listed("status", tuple(statuses))
        rows = self.every(
            f"""select uid from participants p
                where account = :account and person = '*' and status in {states} and start >= :start
                and not exists (select 1 from looks l where l.account = :account and l.uid = p.uid)""",
            start=millis(start),
            **values,
        )
        return {uid for (uid,) in rows}

    def reached(self, mark: str) -> datetime | None:
        """How far something has come; None while it has not begun."""
        row = self.one("select at from cursors where account = :account and mark = :mark", mark=mark)
        return moment(row[0]) if row else None

    def reach(self, mark: str, at: datetime) -> None:
        """Remember how far something has come; never less far than before."""
        self.run(
            """insert into cursors (account, mark, at) values (:account, :mark, :at)
               on conflict (account, mark) do update set at = max(at, excluded.at)""",
            mark=mark,
            at=millis(at),
        )

    def _merge(self, address: str, number: str) -> None:
        for table in ("participants", "viewers"):
            self.run(
                f"update or replace {table} set person = :number where account = :account and person = :address",
                number=number,
                address=address,
            )
