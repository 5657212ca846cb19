"""What a delivery means: bytes → a word about a booking, nothing to do with one, or not understood.

Pure and total: any bytes come out as one of three values, never as an exception. Whether they are
authentic was asked before (`signature.py`); what the fields say is `payload.py`; what becomes of a
booking is decided in the domain. Cal.com's public docs page on webhooks lists the triggers and shows
their bodies; the builders are in `packages/features/webhooks/lib/` of calcom/cal.com.
"""

from dataclasses import dataclass

from gateway.calcom import payload
from gateway.calcom.fields import AWAITING_HOST, STATUSES, members, moment, parse, text, uid
from gateway.calcom.payload import Said
from gateway.domain.booking import Observation, Source, Status
from gateway.domain.facts import EventType

SOURCES = {
    "BOOKING_REQUESTED": Source.REQUESTED,
    "BOOKING_CREATED": Source.CREATED,
    "BOOKING_RESCHEDULED": Source.RESCHEDULED,
    "BOOKING_REJECTED": Source.REJECTED,
    "BOOKING_CANCELLED": Source.CANCELLED,
    "BOOKING_PAYMENT_INITIATED": Source.PAYMENT_INITIATED,
    "BOOKING_PAID": Source.PAID,
    "BOOKING_NO_SHOW_UPDATED": Source.NO_SHOW,
    "AFTER_HOSTS_CAL_VIDEO_NO_SHOW": Source.NO_SHOW,
    "AFTER_GUESTS_CAL_VIDEO_NO_SHOW": Source.NO_SHOW,
    "BOOKING_LOCATION_UPDATED": Source.AMENDED,
    "BOOKING_REASSIGNED": Source.AMENDED,
    "MEETING_STARTED": Source.MEETING,
    "MEETING_ENDED": Source.MEETING,
}
"""The triggers that say something about a booking we mirror."""

ASIDE = {
    "PING": "test",
    "RECORDING_": "recording",
    "INSTANT_": "instant-meeting",
    "OOO_": "no-booking",
    "FORM_": "no-booking",
    "ROUTING_FORM_": "no-booking",
    "DELEGATION_": "no-booking",
    "WRONG_ASSIGNMENT_REPORT": "no-booking",
    "CALENDAR_ENTRY_REJECTED": "no-booking",
}
"""How the names of triggers begin that need nothing of us, and why."""

IMPLIED = {
    Source.REQUESTED: Status.PENDING,
    Source.CREATED: Status.ACCEPTED,
    Source.RESCHEDULED: Status.ACCEPTED,
    Source.REJECTED: Status.REJECTED,
    Source.CANCELLED: Status.CANCELLED,
}
"""What a trigger means where the body has no `status`, as when hosts asked for another time before 2026."""


TELLING_HEADERS = ("content-type", "user-agent", "x-cal-webhook-version")
"""The headers worth keeping with a body: which template, which sender, which version of the payload."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A word about a booking. `event_type` is None when the delivery does not name it."""

    observation: Observation
    trigger: str
    event_type: EventType | None

    @property
    def uid(self) -> str:
        """The booking it is about."""
        return self.observation.uid


@dataclass(frozen=True, slots=True)
class Ignored:
    """Understood, and nothing to mirror. `reason`: test, recording, instant-meeting, no-booking or awaiting-host."""

    trigger: str
    uid: str | None
    event_type: EventType | None
    reason: str


@dataclass(frozen=True, slots=True)
class Unread:
    """Not understood. `reason`: not-json, not-an-object, no-trigger, unknown-trigger or no-uid."""

    reason: str
    trigger: str | None = None
    uid: str | None = None
    event_type: EventType | None = None


Read = Seen | Ignored | Unread


def read(body: bytes) -> Read:
    """What the delivery means; never raises.

    A body that is no JSON object comes from a template of the subscription's own: it may be no JSON
    at all, and is the text `false` where a filled-in template does not parse (`sendPayload.ts`).
    """
    try:
        root = parse(body)
    except ValueError:
        return Unread("not-json")
    return _read(root) if isinstance(root, dict) else Unread("not-an-object")


def _read(root: Said) -> Read:
    """MEETING_* triggers come without envelope: the booking's row stands at the root."""
    said = members(root.get("payload")) or root
    trigger, about = text(root.get("triggerEvent")), _uid(said)
    kind = payload.event_type(root, said, trigger)
    if trigger is None:
        return Unread("no-trigger", None, about, kind)
    reason = _aside(trigger, said)
    if reason is not None:
        return Ignored(trigger, about, kind, reason)
    source = SOURCES.get(trigger)
    if source is None:
        return Unread("unknown-trigger", trigger, about, kind)
    if about is None:
        return Unread("no-uid", trigger, None, kind)
    return Seen(_observe(about, source, kind, root, said), trigger, kind)


def _aside(trigger: str, said: Said) -> str | None:
    if trigger in SOURCES:
        return "awaiting-host" if said.get("status") == AWAITING_HOST else None
    return next((reason for name, reason in ASIDE.items() if trigger.startswith(name)), None)


def _uid(said: Said) -> str | None:
    return uid(said.get("uid")) or uid(said.get("bookingUid")) or uid(members(said.get("booking")).get("uid"))


def _observe(about: str, source: Source, kind: EventType | None, root: Said, said: Said) -> Observation:
    """The observation; of a no-show only who was absent: its `attendees` are no persons.

    A MEETING_* row was read when the meeting was planned or later, nobody knows when: it has no `at`,
    and its `createdAt` is the booking's birth
    (`packages/features/webhooks/lib/handleWebhookScheduledTriggers.ts`).
    """
    at = moment(root.get("createdAt"))
    if source is Source.NO_SHOW:
        return Observation(about, source, at, absent=payload.absent(said))
    meeting = source is Source.MEETING
    return Observation(
        uid=about,
        source=source,
        at=None if meeting else at,
        status=_status(source, said),
        facts=payload.facts(said, source, kind),
        born=moment(said.get("createdAt")) if meeting else None,
        moved_from=payload.moved_from(said),
        root=payload.root(said),
        kin=payload.kin(said),
        paid=source is Source.PAID or said.get("paid") is True,
        recurring=payload.recurring(said),
        seat=payload.seat(said),
    )


def _status(source: Source, said: Said) -> Status | None:
    """The state as told, else as the trigger implies.

    BOOKING_PAYMENT_INITIATED says ACCEPTED while the stored booking is pending and unpaid
    (`packages/features/bookings/lib/service/RegularBookingService.ts`).
    """
    if source is Source.AMENDED:
        return None
    if source is Source.PAYMENT_INITIATED:
        return Status.PENDING
    return STATUSES.get(text(said.get("status")) or "") or IMPLIED.get(source)
