"""A webhook's fields → the facts of a booking.

Six builders at Cal.com fill bodies that look alike and differ in what a field means; what is known of
their differences stands here, each with its source. Which delivery says what about a booking's state
is `webhook.py`; how one value is read is `fields.py`.
"""

from collections.abc import Mapping
from typing import Any

from gateway.calcom import questions
from gateway.calcom.fields import (
    TO_MOVE,
    address,
    attendees,
    cancellation,
    entries,
    flag,
    host,
    link,
    members,
    moment,
    number,
    text,
    uid,
)
from gateway.domain.booking import Source
from gateway.domain.facts import EventType, Facts
from gateway.domain.people import Person

Said = Mapping[str, Any]

NOTES_IN_DESCRIPTION = (Source.CREATED, Source.REJECTED, Source.PAID)
"""Where `description` holds the attendee's notes if there is no field for them: bodies made after a host's answer
(`packages/features/bookings/lib/handleConfirmation.ts`; measured on 6.0.2) or a payment
(`packages/features/bookings/lib/payment/getBooking.ts`). Elsewhere it is the event type's description."""


def facts(said: Said, source: Source, kind: EventType | None) -> Facts:
    """What the fields in `said` say of the booking; `kind` is its event type, see `event_type`."""
    labelled, bare = questions.asked(said)
    return Facts(
        title=text(said.get("title")),
        start=moment(said.get("startTime")),
        end=moment(said.get("endTime")),
        host=_host(said),
        cohosts=_cohosts(said),
        attendees=None if _one_leaves(said, source) else attendees(said.get("attendees")),
        labelled=labelled,
        bare=bare,
        notes=_notes(said, source),
        event_type=kind,
        location=text(said.get("location")),
        meeting_url=meeting_url(said),
        hide_host_email=flag(said.get("hideOrganizerEmail")),
        reschedule_url=link(said.get("platformRescheduleUrl")),
        rejection_reason=text(said.get("rejectionReason")),
        cancellation_reason=cancellation(said.get("cancellationReason")),
        ical_uid=text(said.get("iCalUID")),
        series=uid(said.get("recurringEventId")),
        price=_price(said),
    )


def event_type(root: Said, said: Said, trigger: str | None) -> EventType | None:
    """The event type, wherever this delivery names it: by id, by slug or by both. None when it does not.

    The id is 0 or null for bookings of dynamic groups. `type` is the slug in bodies about bookings,
    and something else in the others and where a host asks for another time.
    """
    places = [said, members(said.get("booking")), root]
    kinds = [members(place.get("eventType")) for place in places]
    ids = [number(place.get("eventTypeId")) for place in places] + [number(kind.get("id")) for kind in kinds]
    slugs = [text(said.get("type")) if _type_is_slug(said, trigger) else None]
    slugs += [text(kind.get("slug")) for kind in kinds]
    id_, slug = next(filter(None, ids), None), next(filter(None, slugs), None)
    if id_ is None and slug is None:
        return None
    titles = [said.get("eventTitle"), *(kind.get("title") for kind in kinds)]
    return EventType(id_, slug, next(filter(None, map(text, titles)), None))


def meeting_url(said: Said) -> str | None:
    """The link to the video room: known once accepted, in `metadata`; before, `location` names the integration."""
    return link(members(said.get("metadata")).get("videoCallUrl")) or link(said.get("location"))


def moved_from(said: Said) -> str | None:
    """The uid this booking had before it was moved; a body after the host's answer no longer says so."""
    before = uid(said.get("rescheduleUid")) or uid(said.get("fromReschedule"))
    return None if before == said.get("uid") else before


def root(said: Said) -> str | None:
    """The first uid of the chain of moves this booking ends (cal.diy since 2026); None for a booking never moved."""
    first = uid(said.get("rootBookingUid"))
    return None if first == said.get("uid") else first


def kin(said: Said) -> str | None:
    """The uid in the calendar's id, `<uid>@Cal.com`: after a move usually that of the first booking of the chain."""
    first = uid((text(said.get("iCalUID")) or "").partition("@")[0])
    return None if first == said.get("uid") else first


def absent(said: Said) -> dict[str, bool]:
    """Who came and who did not, by address, as far as the delivery says.

    The host's address stands there only in AFTER_HOSTS_CAL_VIDEO_NO_SHOW, whose sending means that he
    did not come (`packages/features/tasker/tasks/triggerNoShow/common.ts`).
    """
    told = {
        address(one): flag(one.get("noShow"))
        for name in ("attendees", "guests")
        for one in entries(said.get(name))
    }
    told[text(said.get("hostEmail"))] = flag(said.get("noShowHost")) is not False
    return {who: missed for who, missed in told.items() if who is not None and missed is not None}


def seat(said: Said) -> bool:
    """True when the delivery is about one place of a slot that several people share under one uid."""
    return text(said.get("attendeeSeatId")) is not None or (number(said.get("seatsPerTimeSlot")) or 0) > 0


def recurring(said: Said) -> bool:
    """True when the booking is one date of a series; only rows sent flat also name the series."""
    return bool(members(said.get("recurringEvent"))) or uid(said.get("recurringEventId")) is not None


def _asks_for_another_time(said: Said) -> bool:
    reason = text(said.get("cancellationReason")) or ""
    return said.get("requestReschedule") is True or reason.startswith(TO_MOVE.strip())


def _type_is_slug(said: Said, trigger: str | None) -> bool:
    """Before `requestReschedule` was added, a host's wish for another time put the event type's title there.

    (`packages/trpc/server/routers/viewer/bookings/requestReschedule.handler.ts`.) Those bodies have no `status`.
    """
    return (
        trigger is not None
        and trigger.startswith("BOOKING_")
        and ("status" in said or not _asks_for_another_time(said))
    )


def _host(said: Said) -> Person | None:
    """`organizer`, or the user of a row sent flat.

    Where a host asks for another time the organizer is left out: it is whoever asked, which may be an
    admin of the team, and there without an id (`requestReschedule.handler.ts`).
    """
    if _asks_for_another_time(said):
        return None
    organizer = members(said.get("organizer"))
    if organizer:
        return host(organizer)
    user = members(said.get("user"))
    own = {"id": number(user.get("id")) or said.get("userId")}
    return host({**user, **own, "email": text(user.get("email")) or said.get("userPrimaryEmail")})


def _cohosts(said: Said) -> tuple[Person, ...] | None:
    found = [host(one) for one in entries(members(said.get("team")).get("members"))]
    return tuple(one for one in found if one is not None) or None


def _one_leaves(said: Said, source: Source) -> bool:
    """When one person gives up a place, `attendees` holds that person alone: not who still attends.

    (`packages/features/bookings/lib/handleSeats/cancel/cancelAttendeeSeat.ts`.)
    """
    return source is Source.CANCELLED and seat(said)


def _notes(said: Said, source: Source) -> str | None:
    notes = text(said.get("additionalNotes")) or questions.notes(said)
    if notes is not None or "additionalNotes" in said or source not in NOTES_IN_DESCRIPTION:
        return notes
    description = text(said.get("description"))
    return None if description == text(said.get("eventDescription")) else description


def _price(said: Said) -> int | None:
    """In the currency's smallest unit; 0 means free, which is told apart from not said."""
    price = number(said.get("price"))
    return price if price is not None and price >= 0 else None
