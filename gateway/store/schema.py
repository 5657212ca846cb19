"""The tables, as numbered migrations. Each runs in a transaction together with the record that it ran.

Every table has `account` from the first migration on. Times are milliseconds since 1970 in UTC, so
that they sort and compare as numbers. What a booking *is* stands in `bookings.doc`; the columns
beside it and the table `participants` are only what queries need. No query lives here.
"""

from sqlite_utils import Database, Migrations

migrations = Migrations("gateway")


@migrations(name="0001_deliveries")
def deliveries(db: Database) -> None:
    """Webhooks as they came: redacted body, the original's digest, and what became of each."""
    db.execute("""
        create table deliveries (
            id integer primary key autoincrement,
            account text not null,
            digest text not null,
            received_at integer not null,
            subscription text,
            trigger_name text,
            uid text,
            event_type text,
            verdict text not null,
            reason text,
            size integer not null,
            headers text not null,
            body blob,
            unique (account, digest)
        ) strict""")
    db.execute("create index deliveries_by_verdict on deliveries (account, verdict, id)")
    db.execute("create index deliveries_by_uid on deliveries (account, uid, id)")


@migrations(name="0002_bookings")
def bookings(db: Database) -> None:
    """One row per uid, and one per person who may see it: lists and rights read `participants`."""
    db.execute("""
        create table bookings (
            number integer primary key autoincrement,
            account text not null,
            uid text not null,
            series text,
            due integer,
            command text,
            words text not null,
            private_words text not null,
            doc text not null,
            unique (account, uid)
        ) strict""")
    db.execute("create index bookings_due on bookings (account, due) where due is not null")
    db.execute("create index bookings_series on bookings (account, series) where series is not null")
    db.execute("""
        create table participants (
            account text not null,
            person text not null,
            uid text not null,
            role text not null,
            status text not null,
            start integer not null,
            finish integer not null,
            seq integer not null,
            primary key (account, person, uid)
        ) strict, without rowid""")
    db.execute("create index participants_start on participants (account, person, status, start, uid)")
    db.execute("create index participants_order on participants (account, person, start, uid)")
    db.execute("create index participants_finish on participants (account, person, status, finish)")
    db.execute("create index participants_seq on participants (account, person, seq, uid)")
    db.execute("create index participants_uid on participants (account, uid)")


@migrations(name="0003_journal")
def journal(db: Database) -> None:
    """The journal, its counter, and who may see which line. Lines are never deleted."""
    # The store's own name, part of every ETag, stands where SQLite keeps a number for its user.
    (number,) = db.execute("select abs(random()) % 2147483647 + 1").fetchone()
    db.execute(f"pragma user_version = {number}")
    db.execute("create table marks (account text primary key, mark blob not null) strict, without rowid")
    db.execute("create table counters (account text primary key, last integer not null) strict")
    db.execute("""
        create table changes (
            account text not null,
            seq integer not null,
            uid text not null,
            event text not null,
            at integer not null,
            recorded_at integer not null,
            before_status text,
            after_status text,
            by_role text,
            by_name text,
            channel text not null,
            cause text not null,
            detail text not null,
            primary key (account, seq)
        ) strict, without rowid""")
    db.execute("create index changes_by_uid on changes (account, uid, seq)")
    db.execute("""
        create table viewers (
            account text not null,
            person text not null,
            seq integer not null,
            primary key (account, person, seq)
        ) strict, without rowid""")


@migrations(name="0004_commands")
def commands(db: Database) -> None:
    """Intents before they are calls. The partial index is the rule: one open command per subject."""
    db.execute("""
        create table commands (
            account text not null,
            id text not null,
            uid text not null,
            subject text not null,
            action text not null,
            state text not null,
            by_role text not null,
            by_name text,
            reason_code text,
            reason text,
            message text,
            override integer not null,
            created_at integer not null,
            due integer,
            attempts integer not null,
            sends integer not null,
            sent_at integer,
            error text,
            settled_at integer,
            lease_until integer,
            boot text,
            primary key (account, id)
        ) strict, without rowid""")
    open_states = "state in ('waiting', 'trying')"
    db.execute(f"create unique index commands_open on commands (account, subject) where {open_states}")
    db.execute(f"create index commands_due on commands (account, due) where {open_states}")
    db.execute("create index commands_by_subject on commands (account, subject, state)")
    db.execute("create index commands_by_uid on commands (account, uid, action, state)")
    db.execute("""
        create table idempotency (
            account text not null,
            scope text not null,
            key text not null,
            fingerprint text not null,
            command text not null,
            created_at integer not null,
            primary key (account, scope, key)
        ) strict, without rowid""")
    db.execute("create index idempotency_by_age on idempotency (account, created_at)")


@migrations(name="0005_knowledge")
def knowledge(db: Database) -> None:
    """What is remembered beside the bookings: hosts' addresses, event types that ask, looks to be taken."""
    db.execute("""
        create table hosts (
            account text not null,
            id integer not null,
            email text not null,
            seen_at integer not null,
            primary key (account, id)
        ) strict, without rowid""")
    db.execute("create index hosts_by_email on hosts (account, email)")
    db.execute("""
        create table asking (
            account text not null,
            event_type text not null,
            since integer not null,
            primary key (account, event_type)
        ) strict, without rowid""")
    db.execute("""
        create table looks (
            account text not null,
            uid text not null,
            due integer not null,
            tries integer not null,
            answer text,
            primary key (account, uid)
        ) strict, without rowid""")
    db.execute("create index looks_due on looks (account, due)")


@migrations(name="0006_statistics")
def statistics(db: Database) -> None:
    """What the planner must know and could not guess: one account is nearly everything, one person is little.

    Without it SQLite takes `account = ?` for selective and walks through an account instead of using the
    index made for the question. The figures are those of a million bookings of 400 hosts.
    """
    db.execute("analyze")
    _tell(db)


@migrations(name="0007_reconcile")
def reconcile(db: Database) -> None:
    """How far comparing with Cal.com has come, which looks come from it, and where a booking was moved from."""
    db.execute("""
        create table cursors (
            account text not null,
            mark text not null,
            at integer not null,
            primary key (account, mark)
        ) strict, without rowid""")
    db.execute("alter table looks add column cause text not null default 'looked'")
    db.execute("create index looks_answer on looks (account, answer)")
    db.execute("alter table bookings add column moved_from text")
    db.execute("update bookings set moved_from = json_extract(doc, '$.moved_from')")
    known = "moved_from is not null"
    db.execute(f"create index bookings_moved_from on bookings (account, moved_from) where {known}")
    _tell(db)


def _tell(db: Database) -> None:
    """Give the planner the figures of every index there is by now."""
    db.execute("delete from sqlite_stat1 where tbl not like '%migrations%'")
    there = {name for (name,) in db.execute("select name from sqlite_master")}
    for (table, index), figures in STATISTICS.items():
        if index in there:
            db.execute("insert into sqlite_stat1 (tbl, idx, stat) values (?, ?, ?)", (table, index, figures))


STATISTICS = {
    ("deliveries", "sqlite_autoindex_deliveries_1"): "3000000 3000000 1",
    ("deliveries", "deliveries_by_verdict"): "3000000 3000000 500000 1",
    ("deliveries", "deliveries_by_uid"): "3000000 3000000 3 1",
    ("bookings", "sqlite_autoindex_bookings_1"): "1000000 1000000 1",
    ("bookings", "bookings_due"): "5000 5000 1",
    ("bookings", "bookings_series"): "100000 100000 10",
    ("bookings", "bookings_moved_from"): "100000 100000 1",
    ("participants", "participants"): "3000000 3000000 2500 1",
    ("participants", "participants_start"): "3000000 3000000 2500 500 2 1",
    ("participants", "participants_order"): "3000000 3000000 2500 2 1",
    ("participants", "participants_finish"): "3000000 3000000 2500 500 2",
    ("participants", "participants_seq"): "3000000 3000000 2500 1 1",
    ("participants", "participants_uid"): "3000000 3000000 3",
    ("changes", "changes"): "5000000 5000000 1",
    ("changes", "changes_by_uid"): "5000000 5000000 5 1",
    ("viewers", "viewers"): "15000000 15000000 12000 1",
    ("commands", "commands"): "1000000 1000000 1",
    ("commands", "commands_open"): "100 100 1",
    ("commands", "commands_due"): "100 100 1",
    ("commands", "commands_by_subject"): "1000000 1000000 1 1",
    ("commands", "commands_by_uid"): "1000000 1000000 1 1 1",
    ("idempotency", "idempotency"): "100000 100000 100 1",
    ("idempotency", "idempotency_by_age"): "100000 100000 1",
    ("hosts", "hosts"): "400 400 1",
    ("hosts", "hosts_by_email"): "400 400 1",
    ("looks", "looks"): "1000 1000 1",
    ("looks", "looks_due"): "1000 1000 1",
    ("looks", "looks_answer"): "1000 1000 100",
}
"""(table, index) → rows, then how many rows share the index's first column, its first two, and so on."""
