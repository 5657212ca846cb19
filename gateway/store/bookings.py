"""Queries on bookings and on who may see them.

Every list, count and right is a question to `participants`: one row per person and booking, with the
status and times that lists are ordered by. `*` is a person too: the whole account.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from gateway.domain.booking import Booking, Status
from gateway.domain.sight import participants
from gateway.domain.times import millis, moment, next_millis
from gateway.records import Held, Query, Seating
from gateway.store.commands import Commands
from gateway.store.documents import dump, load, private_words, words
from gateway.store.knowledge import Knowledge
from gateway.store.rows import Row, listed

ORDERS = {
    "start": ("p.start", "asc", ">"),
    "-start": ("p.start", "desc", "<"),
    "-updated": ("p.seq", "desc", "<"),
}
Source = Callable[[Sequence[str]], tuple[str, dict[str, Any]]]
COLUMNS = "b.doc, b.number, p.role, p.seq, b.command, c.recorded_at"


def _seen(keys: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """Everything `keys` may see, one row per booking: a person with two keys on it has the higher role."""
    people, values = listed("person", keys)
    role, seq, group = ("max(role)", "max(seq)", "group by uid") if len(keys) > 1 else ("role", "seq", "")
    seen = f"""select uid, {role} as role, {seq} as seq, status, start, finish
               from participants where account = :account and person in {people} {group}"""
    return f"from ({seen}) p", values


def _joined(keys: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """The same, with the bookings themselves and the last line that `keys` may see of each."""
    seen, values = _seen(keys)
    joined = f"""{seen} join bookings b on b.account = :account and b.uid = p.uid
                 join changes c on c.account = :account and c.seq = p.seq"""
    return joined, values


class Bookings(Commands, Knowledge):
    """Bookings as one caller or another finds them."""

    def booking(self, uid: str, keys: Sequence[str] = ("*",)) -> Held | None:
        """One booking, if one of `keys` may see it."""
        seen, values = _joined(keys)
        row = self.one(f"select {COLUMNS} {seen} where p.uid = :uid", uid=uid, **values)
        return self._held(row) if row else None

    def save(self, booking: Booking) -> Seating:
        """Write a booking and who may see it; returns who came and who went.

        Nobody finds it before a line of the journal is about it.
        """
        due = booking.next_due
        self.run(
            """insert into bookings (account, uid, series, moved_from, due, words, private_words, doc)
               values (:account, :uid, :series, :moved_from, :due, :words, :private, :doc)
               on conflict (account, uid) do update set series = excluded.series,
                   moved_from = excluded.moved_from, due = excluded.due,
                   words = excluded.words, private_words = excluded.private_words, doc = excluded.doc""",
            uid=booking.uid,
            series=booking.facts.series,
            moved_from=booking.moved_from,
            due=next_millis(due) if due else None,
            words=words(booking),
            private=private_words(booking),
            doc=dump(booking),
        )
        return self._seat(booking)

    def seats(self, uid: str) -> dict[str, str]:
        """Who may see a booking: key → role."""
        sql = "select person, role from participants where account = :account and uid = :uid"
        return dict(self.every(sql, uid=uid))

    def show(self, uid: str, command: str) -> None:
        """Make this command the one that the booking shows."""
        sql = "update bookings set command = :command where account = :account and uid = :uid"
        self.run(sql, uid=uid, command=command)

    def page(self, query: Query) -> list[Held]:
        """The bookings that match, in order, at most `query.limit`."""
        matching, values = _matching(query, _joined)
        column, direction, beyond = ORDERS[query.sort]
        if query.since is not None:
            column = f"+{column}"  # what is new is little: found by its number, then sorted
        if query.after is not None:
            matching += f" and ({column}, p.uid) {beyond} (:place, :beside)"
            values |= {"place": query.after[0], "beside": query.after[1]}
        order = f"order by {column} {direction}, p.uid {direction} limit :limit"
        rows = self.every(f"select {COLUMNS} {matching} {order}", limit=query.limit, **values)
        return [self._held(row) for row in rows]

    def count(self, query: Query) -> int:
        """How many match, whatever the limit and the place."""
        matching, values = _matching(query, _seen if query.q is None else _joined)
        row = self.one(f"select count(*) {matching} and p.seq > 0", **values)
        return int(row[0]) if row else 0

    def around(
        self, keys: Sequence[str], start: datetime, end: datetime, statuses: Iterable[Status]
    ) -> list[Held]:
        """Bookings of these people that share a moment with the half-open [start, end), by start."""
        seen, values = _joined(keys)
        states, more = listed("status", tuple(statuses))
        rows = self.every(
            f"""select {COLUMNS} {seen}
                where p.status in {states} and p.finish > :start and p.start < :end
                order by p.start, p.uid""",
            start=millis(start),
            end=millis(end),
            **values,
            **more,
        )
        return [self._held(row) for row in rows]

    def successor(self, uid: str) -> Booking | None:
        """The booking that this one was moved to, if it is known; the first of several."""
        sql = "select doc from bookings where account = :account and moved_from = :uid order by number"
        row = self.one(sql, uid=uid)
        return load(row[0]) if row else None

    def siblings(self, series: str) -> list[Booking]:
        """All known dates of a series, by start."""
        sql = "select doc from bookings where account = :account and series = :series"
        dates = [load(doc) for (doc,) in self.every(sql, series=series)]
        return sorted(dates, key=lambda one: (str(one.facts.start), one.uid))

    def due(self, now: datetime, limit: int) -> list[Booking]:
        """Bookings that the clock changes by `now`, the longest overdue first."""
        rows = self.every(
            "select doc from bookings where account = :account and due <= :now order by due limit :limit",
            now=millis(now),
            limit=limit,
        )
        return [load(doc) for (doc,) in rows]

    def next_due(self) -> datetime | None:
        """When the clock next changes a booking."""
        row = self.one("select min(due) from bookings where account = :account and due is not null")
        return moment(row[0]) if row and row[0] is not None else None

    def _seat(self, booking: Booking) -> Seating:
        facts = booking.facts
        assert facts.start is not None
        sql = "select person, role, status, start, finish from participants where account = :account and uid = :uid"
        seated = {person: rest for person, *rest in self.every(sql, uid=booking.uid)}
        place = [booking.status.value, millis(facts.start), millis(facts.end or facts.start)]
        wanted: dict[str, list[Any]] = {
            self._named(key): [role, *place] for key, role in participants(booking).items()
        }
        lost = frozenset(seated.keys() - wanted.keys())
        for person in lost:
            sql = "delete from participants where account = :account and uid = :uid and person = :person"
            self.run(sql, uid=booking.uid, person=person)
        for person, row in wanted.items():
            if seated.get(person) != row:
                self._sit(booking.uid, person, *row)
        return Seating(frozenset(wanted.keys() - seated.keys()), lost)

    def _sit(self, uid: str, person: str, role: str, status: str, start: int, finish: int) -> None:
        self.run(
            """insert into participants (account, person, uid, role, status, start, finish, seq)
               values (:account, :person, :uid, :role, :status, :start, :finish, 0)
               on conflict (account, person, uid) do update set role = excluded.role,
                   status = excluded.status, start = excluded.start, finish = excluded.finish""",
            person=person,
            uid=uid,
            role=role,
            status=status,
            start=start,
            finish=finish,
        )

    def _named(self, key: str) -> str:
        """A host named by address is the id last seen with it, once there is one."""
        address = key.removeprefix("host:")
        if address == key or address.isdecimal():
            return key
        return next((f"host:{number}" for number in self.host_ids([address])), key)

    def _held(self, row: Row) -> Held:
        doc, number, role, seq, command, recorded_at = row
        shown = self.command(command) if command else None
        return Held(load(doc), number, role, seq, shown, moment(recorded_at))


def _matching(query: Query, source: Source) -> tuple[str, dict[str, Any]]:
    """The bookings a query is about, whatever its order, and the values of its conditions."""
    seen, values = source(query.keys)
    clauses = ["true"]
    for clause, name, wanted in _conditions(query):
        if wanted is not None:
            clauses.append(clause)
            values[name] = wanted
    if query.status:
        states, more = listed("status", query.status)
        clauses.append(f"p.status in {states}")
        values |= more
    for role, keys in (("host", query.host), ("attendee", query.attendee)):
        if keys is not None:
            named, more = listed(role, keys)
            clauses.append(_taking_part(role, named, listed("person", query.keys)[0]))
            values |= more
    return f"{seen} where " + " and ".join(clauses), values


def _conditions(query: Query) -> list[tuple[str, str, Any]]:
    found = "instr(b.words, :q) or (p.role <> 'attendee' and instr(b.private_words, :q))"
    since, until = query.since_start, query.until_start
    return [
        ("p.role = :role", "role", query.role),
        ("p.start >= :since_start", "since_start", millis(since) if since else None),
        ("p.start < :until_start", "until_start", millis(until) if until else None),
        ("p.seq > :since", "since", query.since),
        (f"({found})", "q", query.q.casefold() if query.q else None),
    ]


def _taking_part(role: str, named: str, mine: str) -> str:
    """A filter by person; on a row where the caller attends, people's addresses match only if they are the caller's."""
    taking = (
        f"select uid from participants where account = :account and role = '{role}' and person in {named}"
    )
    return f"p.uid in ({taking}) and (p.role <> 'attendee' or p.uid in ({taking} and person in {mine}))"
