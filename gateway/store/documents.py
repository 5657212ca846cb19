"""A booking as text and back: the one column that holds what a booking is. Pure.

Times stand in ISO 8601, blanks are left out, so that a field added later reads as "not said".
"""

from functools import cache

from pydantic import TypeAdapter

from gateway.domain.booking import Booking
from gateway.domain.sight import attending


@cache
def _adapter() -> TypeAdapter[Booking]:
    return TypeAdapter(Booking)


def dump(booking: Booking) -> str:
    """The booking as compact JSON text."""
    return _adapter().dump_json(booking, exclude_defaults=True).decode()


def load(text: str) -> Booking:
    """The booking a text was made from."""
    return _adapter().validate_json(text)


def words(booking: Booking) -> str:
    """What everybody on the booking may search in: the title and people's names, casefolded."""
    people = [booking.facts.host, *(booking.facts.cohosts or ()), *attending(booking)]
    return _joined(booking.facts.title, *(one.name for one in people if one))


def private_words(booking: Booking) -> str:
    """What only the host's side may search in besides: attendees' addresses, notes and answers."""
    facts = booking.facts
    answers = (str(one.value) for one in booking.answers)
    return _joined(facts.notes, *(one.email for one in attending(booking)), *answers)


def _joined(*texts: str | None) -> str:
    return "\n".join(text for text in texts if text).casefold()
