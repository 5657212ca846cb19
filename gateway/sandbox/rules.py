"""Where Cal.com refuses to do something to a booking, which is seldom. Every function raises Refusal or does nothing."""

from datetime import datetime

from gateway.sandbox.refusals import bare, envelope, trpc
from gateway.sandbox.rows import Attendee, Booking, EventType, Status


def refuse_decided(booking: Booking) -> None:
    """Refuse an accepted booking, the only state in which confirm and decline are refused."""
    if booking.status is Status.ACCEPTED:
        raise trpc(400, "Booking already confirmed")


def refuse_cancel(
    kind: EventType, booking: Booking, reason: str | None, at: datetime, *, by_host: bool
) -> None:
    """Refuse a cancel; a rejected booking may be cancelled (measured on 6.0.2)."""
    if booking.status is Status.CANCELLED:
        raise envelope(
            400,
            f"Can't cancel booking with uid={booking.uid} because it has been cancelled already. "
            "Please provide uid of a booking that is not cancelled.",
        )
    if kind.disable_cancelling:
        raise bare(400, "This event type does not allow cancellations")
    if by_host and not reason:
        raise bare(400, "Cancellation reason is required when you are the host")
    if booking.end <= at:
        raise bare(400, "Cannot cancel a booking that has already ended")


def refuse_whole_slot(kind: EventType, *, by_host: bool) -> None:
    """Refuse to cancel a slot that strangers share for anybody but its host (handleCancelBooking.ts)."""
    if kind.seats is not None and not by_host:
        raise bare(401, "User not a host of this event")


def refuse_move(kind: EventType, booking: Booking) -> None:
    """Refuse a booking that cannot be moved; a rejected one in the bare shape 6.0.2 uses."""
    cannot = f"Can't reschedule booking with uid={booking.uid} because it has been cancelled"
    if booking.status is Status.CANCELLED and booking.to_uid:
        raise envelope(
            400,
            f"{cannot} and rescheduled already to booking with uid={booking.to_uid}. You probably want to "
            f"reschedule {booking.to_uid} instead by passing it within the request URL.",
        )
    if booking.status is Status.CANCELLED:
        raise envelope(400, f"{cannot}. Please provide uid of a booking that is not cancelled.")
    if booking.status is Status.REJECTED:
        raise bare(404, "Could not find original booking")
    if kind.disable_rescheduling:  # refused somehow: the words are not known
        raise bare(400, "This event type does not allow rescheduling")


def refuse_full(kind: EventType, booking: Booking, attendee: Attendee) -> None:
    """Refuse a place where there is none left, and a second one for the same person (handleSeats.ts)."""
    if attendee.email in [one.email for one in booking.attendees]:
        raise bare(409, "already_signed_up_for_this_booking_error")
    if kind.seats is not None and len(booking.guests) >= kind.seats:
        raise bare(409, "booking_seats_full_error")


def refuse_early(booking: Booking, now: datetime) -> None:
    """Refuse to call somebody absent before the start."""
    if now < booking.start:
        raise envelope(
            400,
            "Bookings can only be marked as absent after their scheduled start time. Current time in UTC+0: "
            f"{now.isoformat()}, Booking start time in UTC+0: {booking.start.isoformat()}",
        )
