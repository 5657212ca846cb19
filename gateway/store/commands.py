"""Queries on commands, their leases, and the idempotency keys they were asked for under."""

from datetime import datetime, timedelta
from typing import Any

from gateway.domain.booking import By
from gateway.domain.command import Action, Command, State
from gateway.domain.times import millis, moment
from gateway.store.rows import Row, Rows

COLUMNS = (
    "id, uid, subject, action, by_role, by_name, created_at, state, reason_code, reason, message, override, "
    "due, attempts, sends, sent_at, error, settled_at"
)
NAMES = COLUMNS.split(", ")
OPEN = "state in ('waiting', 'trying')"
KEPT = timedelta(days=7)
"""How long an idempotency key is remembered."""


class Commands(Rows):
    """At most one command is open per subject; the schema's partial index says so, not this code."""

    def command(self, number: str) -> Command | None:
        """One command."""
        return self._first("id = :id", id=number)

    def open_command(self, subject: str) -> Command | None:
        """The command that is open on this booking or series: there is at most one."""
        return self._first(f"subject = :subject and {OPEN}", subject=subject)

    def last_command(self, uid: str, action: Action, state: State) -> Command | None:
        """The newest command of that action and state on a booking."""
        where = "uid = :uid and action = :action and state = :state order by created_at desc limit 1"
        return self._first(where, uid=uid, action=action, state=state)

    def decided(self, subject: str) -> Command | None:
        """The newest command on this subject that was sent and has had its effect."""
        where = "subject = :subject and state = 'done' and sent_at is not null order by sent_at desc limit 1"
        return self._first(where, subject=subject)

    def commands_about(self, uid: str, subject: str) -> list[Command]:
        """Every command on a booking, and on the series it may belong to, oldest first."""
        where = "(uid = :uid or subject = :subject) order by created_at, id"
        rows = self.every(
            f"select {COLUMNS} from commands where account = :account and {where}", uid=uid, subject=subject
        )
        return [_command(row) for row in rows]

    def insert(self, command: Command) -> None:
        """Add a command; the store itself refuses a second open one on the same subject."""
        places = ", ".join(f":{name}" for name in NAMES)
        self.run(f"insert into commands (account, {COLUMNS}) values (:account, {places})", **_values(command))

    def update(self, command: Command, lease_until: datetime | None = None) -> None:
        """Write a command's progress. A lease ends with the attempt; until then `lease_until` may renew it."""
        sets = ", ".join(f"{name} = :{name}" for name in NAMES)
        self.run(
            f"""update commands set {sets},
                    lease_until = iif(:state = 'trying', coalesce(:lease_until, lease_until), null), boot = iif(:state = 'trying', boot, null)
                where account = :account and id = :id""",
            **_values(command),
            lease_until=millis(lease_until) if lease_until else None,
        )

    def claim(self, now: datetime, lease_until: datetime, boot: str) -> Command | None:
        """Take the next command that is due, or whose lease has ended or is another boot's; None if there is none."""
        row = self.one(
            f"""update commands set state = 'trying', attempts = attempts + 1, lease_until = :lease_until, boot = :boot
                where account = :account and id = (
                    select id from commands where account = :account and {OPEN} and due <= :now
                      and iif(state = 'waiting', true, lease_until <= :now or boot <> :boot)
                    order by due limit 1)
                returning {COLUMNS}""",
            now=millis(now),
            lease_until=millis(lease_until),
            boot=boot,
        )
        return _command(row) if row else None

    def owns(self, command: str, boot: str) -> bool:
        """True while the command is open and leased to this boot."""
        row = self.one(
            "select 1 from commands where account = :account and id = :id and state = 'trying' and boot = :boot",
            id=command,
            boot=boot,
        )
        return row is not None

    def next_command(self, boot: str) -> datetime | None:
        """When the next command falls due; None when nothing waits."""
        row = self.one(
            f"""select min(iif(state = 'waiting', due, iif(boot = :boot, lease_until, 0)))
                from commands where account = :account and {OPEN}""",
            boot=boot,
        )
        return moment(row[0]) if row and row[0] is not None else None

    def recall(self, scope: str, key: str) -> tuple[str, str] | None:
        """The fingerprint and command kept under an idempotency key."""
        row = self.one(
            "select fingerprint, command from idempotency where account = :account and scope = :scope and key = :key",
            scope=scope,
            key=key,
        )
        return (row[0], row[1]) if row else None

    def remember(self, scope: str, key: str, fingerprint: str, command: str, now: datetime) -> None:
        """Keep an idempotency key; older than seven days are dropped on the way."""
        self.run(
            "delete from idempotency where account = :account and created_at < :old", old=millis(now - KEPT)
        )
        self.run(
            """insert or replace into idempotency (account, scope, key, fingerprint, command, created_at)
               values (:account, :scope, :key, :fingerprint, :command, :now)""",
            scope=scope,
            key=key,
            fingerprint=fingerprint,
            command=command,
            now=millis(now),
        )

    def _first(self, where: str, **values: Any) -> Command | None:
        row = self.one(f"select {COLUMNS} from commands where account = :account and {where}", **values)
        return _command(row) if row else None


def _values(command: Command) -> dict[str, Any]:
    times = ("created_at", "due", "sent_at", "settled_at")
    values: dict[str, Any] = {name: getattr(command, name) for name in NAMES if hasattr(command, name)}
    values |= {name: millis(values[name]) for name in times if values[name] is not None}
    return values | {"by_role": command.by.role, "by_name": command.by.name, "message": command.text}


def _command(row: Row) -> Command:
    held = dict(zip(NAMES, row, strict=True))
    for name in ("created_at", "due", "sent_at", "settled_at"):
        held[name] = moment(held[name]) if held[name] is not None else None
    by = By(held.pop("by_role"), held.pop("by_name"))
    action, state = Action(held.pop("action")), State(held.pop("state"))
    override = bool(held.pop("override"))
    return Command(by=by, action=action, state=state, override=override, text=held.pop("message"), **held)
