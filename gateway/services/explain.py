"""Everything about one booking: what came, what was asked, what is believed, what Cal.com says now, and where they differ.

It reads and asks, and changes nothing: a difference is shown, and mirrored by whoever looks next.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gateway.domain.booking import Booking, Observation, Status
from gateway.domain.command import Command
from gateway.domain.facts import FACTS, EventType, Facts
from gateway.domain.people import Person, fold
from gateway.domain.sight import EVERYBODY
from gateway.ports import CalCom, Ledger, Limited, Missing, Rejected, Store, Unsent
from gateway.records import Judged, Line
from gateway.services.mirror import subject
from gateway.services.portal import View, view

NO_KEY = "it was not asked: there is no calcom.api_key"
MISSING = "it knows no booking of this uid"
ANSWERS = ("labelled", "bare")


@dataclass(frozen=True, slots=True)
class Kept:
    """What the store has about a booking; `view` is None when it is not mirrored."""

    view: View | None
    timeline: tuple[Line, ...]
    deliveries: tuple[Judged, ...]
    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """A field in which the mirror and Cal.com differ, as plain values."""

    field: str
    mirror: Any
    calcom: Any


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known of a uid. `present` is Cal.com's word, or None; `silence` then says why there is none."""

    uid: str
    kept: Kept
    present: Observation | None
    silence: str | None
    differences: tuple[Difference, ...]

    @property
    def found(self) -> bool:
        """Whether anybody knows this uid."""
        kept = self.kept
        return bool(kept.view or kept.deliveries or kept.commands or self.present)


async def explain(store: Store, calcom: CalCom | None, account: str, uid: str) -> Explanation:
    """Gather what is known of a uid; `calcom` is None when it cannot be asked."""
    kept = await store.read(account, lambda ledger: _kept(ledger, uid))
    present, silence = await _present(calcom, uid)
    booking = kept.view.held.booking if kept.view else None
    gone = silence == MISSING and booking is not None and booking.status is not Status.GONE
    found = [Difference("status", booking.status.value, Status.GONE.value)] if gone and booking else []
    if present is not None:
        found = list(differences(booking, present))
    return Explanation(uid, kept, present, silence, tuple(found))


def differences(booking: Booking | None, seen: Observation) -> Iterator[Difference]:
    """Where Cal.com says something else than is believed. What it does not say is no difference."""
    mine = _believed(booking) if booking else {}
    for field, told in _told(seen).items():
        believed = mine.get(field)
        if told is not None and not _agree(field, believed, told):
            yield Difference(field, believed, told)


def _kept(ledger: Ledger, uid: str) -> Kept:
    held = ledger.booking(uid)
    return Kept(
        view(ledger, held, (EVERYBODY,)) if held else None,
        tuple(ledger.timeline(uid, (EVERYBODY,))),
        tuple(ledger.deliveries_about(uid)),
        tuple(ledger.commands_about(uid, subject(held.booking) if held else uid)),
    )


async def _present(calcom: CalCom | None, uid: str) -> tuple[Observation | None, str | None]:
    if calcom is None:
        return None, NO_KEY
    try:
        return await calcom.look(uid, "reconcile"), None
    except Missing:
        return None, MISSING
    except Limited as error:
        return None, f"the key's calls are used up for another {error.seconds:.0f} s"
    except Rejected as error:
        return None, f"it refused to answer ({error.status})"
    except Unsent as error:
        return None, f"it did not answer ({error})"


def _believed(booking: Booking) -> dict[str, Any]:
    answers = {one.field: one.value for one in booking.answers}
    moves = {"moved_from": booking.moved_from, "moved_to": booking.moved_to}
    return {"status": booking.status.value, **_facts(booking.facts), "answers": answers or None, **moves}


def _told(seen: Observation) -> dict[str, Any]:
    answers = {one.field: one.value for one in seen.facts.bare or ()}
    moves = {"moved_from": seen.moved_from, "moved_to": seen.moved_to}
    status = seen.status.value if seen.status else None
    return {"status": status, **_facts(seen.facts), "answers": answers or None, **moves}


def _facts(facts: Facts) -> dict[str, Any]:
    """The facts as plain values. A place that is a link is one fact with the meeting's address, as for readers."""
    told = {name: _plain(getattr(facts, name)) for name in FACTS if name not in ANSWERS}
    link = str(told["location"]).startswith(("http://", "https://"))
    return told | {"location": None} if link else told


def _plain(value: Any) -> Any:
    match value:
        case Person():
            return fold(value.email) if value.email else value.name or value.id
        case EventType():
            return value.id or value.slug
        case tuple():
            return sorted(str(_plain(one)) for one in value)
    return value


def _agree(field: str, believed: Any, told: Any) -> bool:
    """An expired request is still pending to Cal.com: that it ran out is known here alone."""
    return believed == told or (field == "status" and (believed, told) == ("expired", "pending"))
