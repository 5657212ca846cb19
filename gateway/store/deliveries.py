"""Queries on the webhooks as they were received."""

import json

from gateway.domain.times import millis, moment
from gateway.records import Delivery, Judged
from gateway.store.rows import Row, Rows

COLUMNS = "id, verdict, reason, digest, received_at, size, headers, {body}, trigger_name, uid, event_type, subscription"
WHOLE, LISTED = COLUMNS.format(body="body"), COLUMNS.format(body="null")
"""A list goes without the bodies: there may be a hundred of a mebibyte each."""


class Deliveries(Rows):
    """Kept, judged and listed; the digest of the original bytes is unique per account."""

    def delivered(self, digest: str) -> int | None:
        """The delivery with these bytes, if they came before."""
        row = self.one(
            "select id from deliveries where account = :account and digest = :digest", digest=digest
        )
        return row[0] if row else None

    def keep(self, delivery: Delivery) -> int:
        """Keep a delivery; its verdict is `unread` until `judge` says otherwise."""
        cursor = self.run(
            """insert into deliveries (account, digest, received_at, subscription, trigger_name, uid, event_type,
                                       verdict, reason, size, headers, body)
               values (:account, :digest, :received_at, :subscription, :trigger, :uid, :event_type,
                       'unread', null, :size, :headers, :body)""",
            digest=delivery.digest,
            received_at=millis(delivery.received_at),
            subscription=delivery.subscription,
            trigger=delivery.trigger,
            uid=delivery.uid,
            event_type=delivery.event_type,
            size=delivery.size,
            headers=json.dumps(dict(delivery.headers)),
            body=delivery.body,
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def judge(self, delivery: int, verdict: str, reason: str | None) -> None:
        """Write what became of a delivery."""
        self.run(
            "update deliveries set verdict = :verdict, reason = :reason where account = :account and id = :id",
            id=delivery,
            verdict=verdict,
            reason=reason,
        )

    def delivery(self, number: int) -> Judged | None:
        """One delivery with headers and redacted body."""
        if not 0 < number < 2**63:
            return None
        row = self.one(f"select {WHOLE} from deliveries where account = :account and id = :id", id=number)
        return _judged(row) if row else None

    def deliveries(self, verdict: str | None, before: int | None, limit: int) -> list[Judged]:
        """Deliveries without their bodies, newest first, below the id `before`."""
        judged = "" if verdict is None else "and verdict = :verdict"
        rows = self.every(
            f"""select {LISTED} from deliveries where account = :account {judged} and id < :before
                order by id desc limit :limit""",
            verdict=verdict,
            before=2**63 - 1 if before is None else before,
            limit=limit,
        )
        return [_judged(row) for row in rows]

    def deliveries_about(self, uid: str) -> list[Judged]:
        """Every delivery that names a booking, without its body, oldest first."""
        rows = self.every(
            f"select {LISTED} from deliveries where account = :account and uid = :uid order by id", uid=uid
        )
        return [_judged(row) for row in rows]


def _judged(row: Row) -> Judged:
    number, verdict, reason, digest, received_at, size, headers, *rest = row
    kept = Delivery(digest, moment(received_at), size, json.loads(headers), *rest)
    return Judged(number, kept, verdict, reason)
