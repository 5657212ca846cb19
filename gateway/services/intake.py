"""A delivery arrives: proved, redacted, read, then kept and mirrored in one durable write.

Parsing happens before the write and outside its thread. Inside it the delivery is kept first, so
that a mirror which fails loses nothing: the delivery stays, `unread`. What the body means is
`calcom/webhook.py`'s affair, what it changes is `mirror.py`'s.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import structlog

from gateway.calcom import webhook
from gateway.calcom.redaction import redact
from gateway.calcom.signature import verify
from gateway.domain.errors import NotFound, StorageUnavailable
from gateway.domain.facts import EventType
from gateway.domain.rules import Programme
from gateway.ports import Clock, Ledger, Store
from gateway.records import Delivery
from gateway.services.mirror import Mirrored, observe

OUTSIDE = Mirrored("ignored", "not-in-programme")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender is told: the delivery's id, and what became of it."""

    delivery: int
    verdict: str


class Intake:
    """Takes deliveries in. `secrets` are tried one and all; `programme` says which event types are ours."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        secrets: Sequence[bytes],
        programme: Programme,
        *,
        allow_unsigned: bool = False,
    ) -> None:
        self._store = store
        self._clock = clock
        self._secrets = tuple(secrets)
        self._programme = programme
        self._allow_unsigned = allow_unsigned

    async def receive(
        self, account: str, body: bytes, signatures: Sequence[str], headers: Mapping[str, str]
    ) -> Receipt:
        """Keep and mirror one delivery; returns after it is on disk.

        `signatures` are the values of every signature header it came with. Raises Unverified, before
        anything is kept, and StorageUnavailable.
        """
        verify(body, signatures, self._secrets, self._allow_unsigned)
        now = self._clock()
        read = webhook.read(body)
        kept = {name: headers[name] for name in webhook.TELLING_HEADERS if name in headers}
        delivery = Delivery(
            digest=sha256(body).hexdigest(),
            received_at=now,
            size=len(body),
            headers=kept,
            body=redact(body),
            trigger=read.trigger,
            uid=read.uid,
            event_type=_label(read.event_type),
        )
        receipt = await self._store.write(account, self._keeping(delivery, read, now))
        log.info(
            "delivery.received", delivery=receipt.delivery, verdict=receipt.verdict, trigger=read.trigger
        )
        return receipt

    async def retry(self, account: str, number: int) -> Receipt:
        """Read a kept delivery again, as after an upgrade. Raises NotFound, also when no body was kept."""
        held = await self._store.read(account, lambda ledger: ledger.delivery(number))
        if held is None or held.delivery.body is None:
            raise NotFound
        read, now = webhook.read(held.delivery.body), self._clock()

        def again(ledger: Ledger) -> Receipt:
            return self._judge(ledger, number, read, now)

        return await self._store.write(account, again)

    def _keeping(self, delivery: Delivery, read: webhook.Read, now: datetime) -> Callable[[Ledger], Receipt]:
        def keep(ledger: Ledger) -> Receipt:
            before = ledger.delivered(delivery.digest)
            if before is not None:
                return Receipt(before, "duplicate")
            ours = self._is_ours(ledger, read)
            number = ledger.keep(delivery if ours else _bare(delivery))
            return self._judge(ledger, number, read, now)

        return keep

    def _judge(self, ledger: Ledger, number: int, read: webhook.Read, now: datetime) -> Receipt:
        mirrored = self._mirrored(ledger, read, now) if self._is_ours(ledger, read) else OUTSIDE
        ledger.judge(number, mirrored.verdict, mirrored.reason)
        return Receipt(number, mirrored.verdict)

    def _mirrored(self, ledger: Ledger, read: webhook.Read, now: datetime) -> Mirrored:
        if isinstance(read, webhook.Unread):
            return Mirrored("unread", read.reason)
        if isinstance(read, webhook.Ignored):
            return Mirrored("ignored", read.reason)
        try:
            with ledger.attempt():
                return observe(ledger, read.observation, now, "webhook")
        except StorageUnavailable:
            raise
        except Exception as error:
            log.exception("mirror.failed", trigger=read.trigger, error=type(error).__name__)
            return Mirrored("unread", "mirror-failed")

    def _is_ours(self, ledger: Ledger, read: webhook.Read) -> bool:
        """Whether the programme admits it. Where the event type is not told, a booking has to be known already.

        Otherwise it may be a mentor's private meeting, of which not even the uid may be kept. What is
        about no booking, or is not understood, is kept: it cannot be shown to be none of ours.
        """
        admitted = self._programme.admits(read.event_type)
        if admitted is not None:
            return admitted
        if read.uid is None or isinstance(read, webhook.Unread):
            return True
        return ledger.booking(read.uid) is not None


def _bare(delivery: Delivery) -> Delivery:
    """Of a meeting that is none of ours: digest, time, trigger and event type, and nothing else."""
    return Delivery(
        delivery.digest,
        delivery.received_at,
        delivery.size,
        {},
        None,
        delivery.trigger,
        None,
        delivery.event_type,
    )


def _label(event_type: EventType | None) -> str | None:
    if event_type is None:
        return None
    return str(event_type.id) if event_type.id is not None else event_type.slug
