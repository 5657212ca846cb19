"""What the query of the booking list asks for, or a refusal in Cal.com's words.

All problems are told at once and what was sent is echoed (class-validator's shape). Unknown parameters are
ignored; which bookings are meant is decided in `listing.py`.
"""

from collections.abc import Callable, Iterable
from typing import Any

from gateway.sandbox.refusals import complaint, invalid
from gateway.sandbox.times import parse

VIEWS = ("upcoming", "recurring", "past", "cancelled", "unconfirmed")
SORTS = ("sortStart", "sortEnd", "sortCreated", "sortUpdatedAt")
AFTER = ("afterStart", "afterCreatedAt", "afterUpdatedAt")
BEFORE = ("beforeEnd", "beforeCreatedAt", "beforeUpdatedAt")

Constraints = dict[str, str]


def read_query(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Read the parameters that are known. Raises Refusal."""
    query: dict[str, Any] = {}
    for name, text in pairs:
        query[name] = _reader(name)(text, query.get(name))
    errors = [complaint(query, name, found) for name in query if (found := _problems(name, query[name]))]
    if errors:
        raise invalid(errors)
    return {name: value for name, value in query.items() if name in _READ}


def read_page(pairs: Iterable[tuple[str, str]]) -> tuple[int, int]:
    """Read `take` and `skip` of the shorter lists, where both have a value of their own. Raises Refusal."""
    query: dict[str, Any] = {"take": 250, "skip": 0}
    query |= {name: _as_number(text, None) for name, text in pairs if name in query}
    errors = [complaint(query, name, found) for name in query if (found := _problems(name, query[name]))]
    if errors:
        raise invalid(errors)
    return query["take"], query["skip"]


def _reader(name: str) -> Callable[[str, Any], Any]:
    return _READ.get(name, _as_text)


def _as_text(text: str, _: Any) -> str:
    return text


def _as_address(text: str, _: Any) -> str:
    """Turn a raw plus, read as a blank, back; in dates the real one does not (measured on 6.0.2)."""
    return text.replace(" ", "+")


def _as_list(text: str, earlier: list[str] | None) -> list[str]:
    return [*(earlier or []), *text.split(",")]


def _as_number(text: str, _: Any) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


def _as_numbers(text: str, earlier: list[int | None] | None) -> list[int | None]:
    return [*(earlier or []), *(_as_number(part, None) for part in text.split(","))]


def _problems(name: str, value: Any) -> Constraints:
    check = _CHECK.get(name)
    return check(name, value) if check else {}


def _views(_: str, value: list[str]) -> Constraints:
    allowed = all(view in VIEWS for view in value)
    return {} if allowed else {"isEnum": f"Invalid status. Allowed are {', '.join(VIEWS)}"}


def _take(name: str, value: int | None) -> Constraints:
    most = {} if value is not None and value <= 250 else {"max": f"{name} must not be greater than 250"}
    return {**most, **_at_least(1, name, value), **_a_number(name, value)}


def _skip(name: str, value: int | None) -> Constraints:
    return {**_at_least(0, name, value), **_a_number(name, value)}


def _at_least(least: int, name: str, value: int | None) -> Constraints:
    return {} if value is not None and value >= least else {"min": f"{name} must not be less than {least}"}


def _a_number(name: str, value: int | None) -> Constraints:
    text = f"{name} must be a number conforming to the specified constraints"
    return {} if value is not None else {"isNumber": text}


def _an_integer(name: str, value: int | None) -> Constraints:
    return {} if value is not None else {"isInt": f"{name} must be an integer number"}


def _numbers(name: str, value: list[int | None]) -> Constraints:
    text = f"each value in {name} must be a number conforming to the specified constraints"
    return {} if None not in value else {"isNumber": text}


def _direction(name: str, value: str) -> Constraints:
    # The text for updated says "created" in the real one too.
    shown = "SortCreated" if name == "sortUpdatedAt" else name[0].upper() + name[1:]
    return {} if value in ("asc", "desc") else {"isEnum": f'{shown} must be either "asc" or "desc".'}


def _instant(name: str, value: str) -> Constraints:
    shown = "fromDate" if name in AFTER else "toDate"
    problem = {"isIso8601": f"{shown} must be a valid ISO 8601 date."}
    try:
        parse(value)
    except ValueError:
        return problem
    # Digits alone are a date to Python, not to the real one (measured on 6.0.2).
    return problem if value.isdigit() else {}


_READ: dict[str, Callable[[str, Any], Any]] = {
    "status": _as_list,
    "take": _as_number,
    "skip": _as_number,
    "eventTypeId": _as_number,
    "eventTypeIds": _as_numbers,
    "teamId": _as_number,
    "teamsIds": _as_numbers,
    "attendeeEmail": _as_address,
    "attendeeName": _as_text,
    "bookingUid": _as_text,
    **dict.fromkeys((*SORTS, *AFTER, *BEFORE), _as_text),
}

_CHECK: dict[str, Callable[[str, Any], Constraints]] = {
    "status": _views,
    "take": _take,
    "skip": _skip,
    "eventTypeId": _an_integer,
    "eventTypeIds": _numbers,
    **dict.fromkeys(SORTS, _direction),
    **dict.fromkeys((*AFTER, *BEFORE), _instant),
}
