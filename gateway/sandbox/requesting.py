"""API v2, asking for a date and looking at what became of it.

Webhooks go out, and are answered by every subscriber, before the call that caused them answers (measured on
5.6.4 and 6.0.2). Who comes and whether it waits is decided in `slots.py`, what is written in `bookings.py`.
"""

from gateway.sandbox import answers, bookings, live, rules, slots
from gateway.sandbox.bookings import Stamp, Wish
from gateway.sandbox.listing import listing
from gateway.sandbox.queries import read_query
from gateway.sandbox.reading import read_count, read_wish
from gateway.sandbox.reception import Answer, Ask, all_shown, known, shown
from gateway.sandbox.rows import Attendee, Booking
from gateway.sandbox.stage import Stage


async def create(stage: Stage, ask: Ask) -> Answer:
    """Book a date, a place in one, or all dates of a series."""
    wish = read_wish(stage.world, ask.body)
    count = read_count(wish.kind, ask.body)
    again = bookings.already_asked(stage.world, wish.kind, wish.start, wish.attendee.email)
    if again:
        return shown(stage, ask, again, 201)
    slots.refuse_bad_time(wish.kind, wish.start, stage.now())
    made = await request(stage, wish, count)
    ask.effect = True
    if wish.kind.seats is not None:
        seat = made[0].attendees[-1].seat
        return Answer(
            answers.success({**answers.booking(stage.world, made[0], ask.person), "seatUid": seat}), 201
        )
    if wish.kind.recurrence is None:
        return shown(stage, ask, made[0], 201)
    return all_shown(stage, ask, made, 201)


async def request(stage: Stage, wish: Wish, count: int = 1) -> list[Booking]:
    """Book one date after the other, each with its own webhook. Raises Refusal when the host is taken."""
    shared = slots.shared_slot(stage.world, wish.kind, wish.start)
    if shared is not None:
        rules.refuse_full(wish.kind, shared, wish.attendee)
        return [await _join(stage, shared, wish)]
    dates = wish.dates(count)
    hosts = [slots.free_hosts(stage.world, date.kind, date.start) for date in dates]
    series = stage.mint.uuid() if wish.kind.recurrence else None
    return [await _book(stage, date, who, series) for date, who in zip(dates, hosts, strict=True)]


async def _join(stage: Stage, booking: Booking, wish: Wish) -> Booking:
    attendee = bookings.sit(booking, wish, stamp(stage, waits=False, seat=stage.mint.uuid()))
    await _tell_of_place(stage, booking, attendee)
    return booking


async def _book(stage: Stage, wish: Wish, hosts: list[int], series: str | None) -> Booking:
    asks = slots.needs_approval(wish.kind, wish.start, stage.now())
    seat = stage.mint.uuid() if wish.kind.seats is not None else None
    made = stamp(stage, waits=asks or wish.kind.price > 0, series=series, seat=seat)
    booking = bookings.book(stage.world, wish, hosts, made)
    if wish.kind.price > 0:
        # Nobody is asked before it is paid, and the first word about it says that it is accepted.
        await stage.tell("BOOKING_PAYMENT_INITIATED", booking, live.payment_initiated(stage.world, booking))
    elif seat:
        await _tell_of_place(stage, booking, booking.booker)
    else:
        trigger = "BOOKING_REQUESTED" if asks else "BOOKING_CREATED"
        await stage.tell(trigger, booking, live.live(stage.world, booking, booking.video_url))
    # The row is written once more after the webhooks, so `updatedAt` is younger than their `createdAt`.
    booking.updated_at = stage.now()
    return booking


async def _tell_of_place(stage: Stage, booking: Booking, attendee: Attendee) -> None:
    told = live.live(stage.world, bookings.place(booking, attendee), booking.video_url)
    await stage.tell("BOOKING_CREATED", booking, told)


def stamp(stage: Stage, *, waits: bool, series: str | None = None, seat: str | None = None) -> Stamp:
    """Take from the outside world what a new booking needs."""
    return Stamp(stage.now(), stage.mint.uid(), stage.mint.uuid() if waits else None, series, seat)


async def show(stage: Stage, ask: Ask) -> Answer:
    """Show one booking, or all dates of a series by the series' uid."""
    dates = stage.world.dates_of(ask.uid)
    return all_shown(stage, ask, dates) if dates else shown(stage, ask, known(stage, ask))


async def index(stage: Stage, ask: Ask) -> Answer:
    """List what the caller may see, perhaps as it was a while ago."""
    query = read_query(ask.query.multi_items())
    seen = stage.replica.view(stage.world, stage.now())
    rows, pagination = listing(seen, ask.somebody, query, stage.now())
    return all_shown(stage, ask, rows, pagination=pagination)
