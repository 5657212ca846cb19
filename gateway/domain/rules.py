"""What the programme decides and Cal.com has no notion of: whose bookings are ours, which reasons there are.

Pure: every number and list comes in from the settings. What a booking's state allows is `command.py`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.domain.errors import Invalid
from gateway.domain.facts import EventType
from gateway.domain.people import Person, fold

MOST_TEXT = 500
BREAK = re.compile(r"[\t\r\n\x0b\x0c\x85]+")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Programme:
    """The event types that are ours, by id or slug; none named means all of them."""

    event_types: frozenset[str] = frozenset()

    def admits(self, event_type: EventType | None) -> bool | None:
        """True or False; None where a body does not tell enough: nothing, or an id where slugs are listed."""
        if not self.event_types:
            return True
        number, slug = (event_type.id, event_type.slug) if event_type else (None, None)
        if str(number) in self.event_types or slug in self.event_types:
            return True
        ids = {name for name in self.event_types if name.isdecimal()}
        untold = (number is None and ids) or (slug is None and self.event_types - ids)
        return None if untold else False


@dataclass(frozen=True, slots=True)
class HostEntry:
    """A host as the settings name them: every address the portal may use, and Cal.com's id where it is set."""

    addresses: tuple[str, ...]
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Directory:
    """The hosts that the settings name; anybody else is known by the one address they come with."""

    hosts: tuple[HostEntry, ...] = ()

    def entry(self, email: str) -> HostEntry:
        """The host an address belongs to, or an entry of that address alone."""
        wanted = fold(email)
        for host in self.hosts:
            if wanted in host.addresses:
                return host
        return HostEntry((wanted,))

    def names(self, person: Person) -> bool:
        """True when the settings name this host, by id or by an address."""
        address = fold(person.email or "")
        return any(
            person.id == host.id if person.id and host.id else address in host.addresses
            for host in self.hosts
        )


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason as chosen and as written: `text` is what Cal.com is sent and the attendee reads."""

    code: str | None
    words: str | None
    text: str | None


def reason(labels: Mapping[str, str], code: str | None, words: str | None) -> Reason:
    """A listed reason with optional words of the host's own.

    The text is the label, or `label: words`, at most 500 characters together and free of control
    characters. Raises Invalid with the code `reason-required` or `reason-unknown`, or with `invalid`
    when it is too long.
    """
    if not code:
        raise Invalid("Choose one of the listed reasons.", code="reason-required", reasons=sorted(labels))
    if code not in labels:
        raise Invalid("This reason is not on the list.", code="reason-unknown", reasons=sorted(labels))
    said = CONTROL.sub("", BREAK.sub(" ", words or "")).strip()
    text = f"{labels[code]}: {said}" if said else labels[code]
    if len(text) > MOST_TEXT:
        raise Invalid(
            errors=[{"field": "reason", "detail": f"at most {MOST_TEXT} characters with its label"}]
        )
    return Reason(code, said or None, text)


def labels(listed: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Code → label, in the order of the list."""
    return dict(listed)
