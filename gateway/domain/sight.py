"""Who may see a booking: the keys that stand for people in the journal and in every list.

A host is Cal.com's user id; an address is only how callers name him. So a host's key is made of the
id where one is known, an attendee's of the address, and the whole account is a person too
(`EVERYBODY`), which makes the portal's backend one more reader of the same lists. Which ids belong
to an address is remembered by the store.
"""

from collections.abc import Iterable

from gateway.domain.booking import Booking
from gateway.domain.people import Caller, Person, Role, fold

EVERYBODY = "*"
HOST_SIDE = ("host", "cohost")


def host_key(person: Person) -> str | None:
    """The key of a host: by id where known, else by address; None when Cal.com gives neither."""
    if person.id is not None:
        return f"host:{person.id}"
    return f"host:{fold(person.email)}" if person.email else None


def attendee_key(email: str) -> str:
    """The key of an attendee, who is known by address only."""
    return f"attendee:{fold(email)}"


def participants(booking: Booking) -> dict[str, str]:
    """Everybody who may see the booking: key → role. A host who also attends is the host."""
    facts = booking.facts
    seats = {attendee_key(one.email): "attendee" for one in attending(booking) if one.email}
    for person, role in [*((one, "cohost") for one in facts.cohosts or ()), (facts.host, "host")]:
        key = host_key(person) if person is not None else None
        if key is not None:
            seats[key] = role
    return {**seats, EVERYBODY: "portal"}


def plain(booking: Booking) -> tuple[object, ...]:
    """What an attendee may be shown of a booking: two equal ones are no change to an attendee."""
    facts = booking.facts
    address = facts.host.email if facts.host and facts.hide_host_email is False else None
    host = facts.host and (facts.host.name, facts.host.username, facts.host.time_zone, address)
    people = tuple((one.name, one.time_zone) for one in attending(booking))
    words = (facts.title, facts.notes, facts.rejection_reason, facts.cancellation_reason, booking.answers)
    where = (booking.place, booking.joinable, facts.reschedule_url)
    chain = (booking.moved_from, booking.moved_to, facts.series)
    past = (booking.decision, booking.cancelled_at, booking.cancelled_from)
    return (host, people, words, facts.start, facts.end, facts.event_type, where, chain, past)


def attending(booking: Booking) -> tuple[Person, ...]:
    """The attendees without the co-hosts, whom Cal.com lists among them once a team event is accepted."""
    hosts = {fold(one.email) for one in booking.facts.cohosts or () if one.email}
    return tuple(one for one in booking.facts.attendees or () if fold(one.email or "") not in hosts)


def caller_keys(caller: Caller, addresses: Iterable[str], ids: Iterable[int]) -> tuple[str, ...]:
    """The keys a caller reads with, given the addresses and host ids that are theirs."""
    if caller.everyone:
        return (EVERYBODY,)
    mine = tuple(attendee_key(address) for address in addresses)
    if caller.role is Role.ATTENDEE:
        return mine
    return (*(f"host:{one}" for one in ids), *(f"host:{fold(address)}" for address in addresses), *mine)
