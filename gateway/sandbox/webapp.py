"""What happens at Cal.com without its API: on its web pages, at its payment provider, by its own clock.

Nobody is asked for a key here, and the time is not looked at, so that what is long over can be rehearsed. Control
routes and scenarios come this way; what API v2 offers is in `requesting.py`, `deciding.py`, `changing.py`.
"""

from typing import Any

from gateway.sandbox import bookings, changing, notices, payloads, rules, slots
from gateway.sandbox.bookings import Move, Wish
from gateway.sandbox.notices import Holiday
from gateway.sandbox.requesting import request
from gateway.sandbox.rows import Approval, Attendee, Booking, EventType, Level, Person, Status
from gateway.sandbox.stage import Stage
from gateway.sandbox.times import parse
from gateway.sandbox.webhooks import Event
from gateway.sandbox.world import World


def read_wish(stage: Stage, body: dict[str, Any]) -> Wish:
    """Read what an attendee wants, with a default for everything. Raises ValueError."""
    kind = choose(stage.world, body.get("host"), body.get("event_type"))
    start = parse(body["start"]) if "start" in body else slots.next_free(stage.world, kind, stage.now())
    attendee = Attendee(
        body.get("name", "Sam Mentee"),
        body.get("email", "sam.mentee@example.com"),
        body.get("time_zone", stage.world.person(kind.owner).time_zone),
    )
    notes = {"notes": body["notes"]} if body.get("notes") else {}
    answers = notes | dict(body.get("answers", {}))
    return Wish(kind, start, attendee, tuple(body.get("guests", ())), answers, dict(body.get("metadata", {})))


def choose(world: World, host: Any, kind: Any) -> EventType:
    """Find an event type by its id or slug, its owner's id, address or username, or take the first that asks.

    Raises ValueError.
    """
    owners = {p.id for p in world.people if host in (None, p.id, p.email, p.username)}
    fits = [k for k in world.event_types if kind in (None, k.id, k.slug) and k.owner in owners]
    asking = [k for k in fits if k.approval is not Approval.NEVER]
    if not fits:
        raise ValueError(f"nobody offers event type {kind!r} with host {host!r}")
    return (asking or fits)[0]


async def book(stage: Stage, wish: Wish) -> list[Booking]:
    """Ask for a date, a place in one, or all dates of a series; asked twice, the first request is the answer."""
    again = bookings.already_asked(stage.world, wish.kind, wish.start, wish.attendee.email)
    count = wish.kind.recurrence.count if wish.kind.recurrence else 1
    return [again] if again else await request(stage, wish, count)


async def choose_again(stage: Stage, old: Booking, wanted: Move, *, by_host: bool) -> Booking:
    """Move a booking, also one that was cancelled so that its attendee may choose another time. Raises Refusal."""
    kind = stage.world.event_type(old.event_type)
    if not (old.choose_again and old.to_uid is None):
        rules.refuse_move(kind, old)
    again = bookings.already_asked(stage.world, kind, wanted.start, old.booker.email)
    return again if again and not by_host else await changing.move(stage, old, wanted, by_host=by_host)


async def pay(stage: Stage, booking: Booking) -> None:
    """Pay for a booking, with what follows in the order that is set.

    In older source a request that still needs its host is told as BOOKING_REQUESTED and never as paid; one that was
    confirmed before it was paid is not told at all. In newer source BOOKING_PAID comes first and always
    (packages/app-store/_utils/payments/handlePaymentSuccess.ts, handleBookingRequested.ts).
    """
    kind = stage.world.event_type(booking.event_type)
    confirmed = booking.status is Status.ACCEPTED
    waits = not confirmed and slots.needs_approval(kind, booking.start, stage.now())
    bookings.pay(stage.world, booking, stage.now(), waits=waits)
    newer = stage.world.settings.payments == "newer"
    if newer:
        await stage.tell("BOOKING_PAID", booking, payloads.payment(stage.world, booking))
    if confirmed:
        return
    if waits:
        await _tell_of_request(stage, booking)
        return
    await stage.tell("BOOKING_CREATED", booking, payloads.paid_and_accepted(stage.world, booking))
    if not newer:
        await stage.tell("BOOKING_PAID", booking, payloads.payment(stage.world, booking))


async def _tell_of_request(stage: Stage, booking: Booking) -> None:
    """The request after a payment says neither its state nor its event type, and does reach the organizer."""
    await stage.tell("BOOKING_REQUESTED", booking, payloads.paid(stage.world, booking), organizer=True)


async def meeting(stage: Stage, booking: Booking, trigger: str) -> None:
    """Tell that a meeting starts or ends, as Cal.com's clock does without looking at the booking again."""
    await stage.tell(trigger, booking, notices.meeting(stage.world, booking, trigger))


async def ping(stage: Stage) -> None:
    """Press the test button of every subscription; what it listens to does not matter."""
    await announce(stage, Event("PING", "", notices.ping(stage.now())))


async def out_of_office(stage: Stage, person: Person, away: Holiday) -> None:
    """Say that somebody is away."""
    number, uuid = stage.world.next_id(), stage.mint.uuid()
    event = Event("OOO_CREATED", "", notices.out_of_office(person, away, number, uuid, stage.now()))
    owners = {Level.ORGANIZATION: None, Level.USER: person.id}
    heard = (sub for sub in stage.world.subscriptions if event.trigger in sub.triggers and sub.active)
    await stage.announce(event, [sub for sub in heard if owners.get(sub.level, 0) == sub.owner])


async def announce(stage: Stage, event: Event) -> None:
    """Send anything at all to every active subscription: what a newer Cal.com may have to tell."""
    await stage.announce(
        event, [subscription for subscription in stage.world.subscriptions if subscription.active]
    )
