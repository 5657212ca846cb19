"""The states of a booking: the table of what a change is called, who wins at equal times, and the picture of both.

Everything that names a transition stands here and knows no observation; `transitions.py` walks it.
"""

from gateway.domain.booking import Status

P, A, R, C, E, G = tuple(Status)

TABLE: dict[tuple[Status | None, Status], str] = {
    (None, P): "requested",
    (None, A): "accepted",
    (None, R): "rejected",
    (None, C): "cancelled",
    (P, A): "accepted",
    (P, R): "rejected",
    (P, C): "withdrawn",
    (P, E): "expired",
    (P, G): "gone",
    (A, P): "reconciled",
    (A, R): "rejected",
    (A, C): "cancelled",
    (A, G): "gone",
    # Cal.com's confirm asks only whether the booking is accepted already: it revives the others.
    (R, A): "late_accept",
    (R, P): "reconciled",
    (R, C): "cancelled",
    (R, G): "gone",
    (C, A): "late_accept",
    (C, P): "reconciled",
    (C, R): "rejected",
    (C, G): "gone",
    (E, A): "late_accept",
    (E, R): "rejected",
    (E, C): "withdrawn",
    (E, G): "gone",
    (G, P): "reconciled",
    (G, A): "reconciled",
    (G, R): "reconciled",
    (G, C): "reconciled",
}
"""(before, after) → the journal's name for it. A pair that is missing is no change of state."""

RANK = {P: 0, E: 0, A: 1, R: 1, C: 2, G: 3}
"""Who wins at equal times. Accepted against rejected is a draw, which only a look can settle."""


def diagram() -> str:
    """The table as a Mermaid state diagram, for the README."""
    arrows = [f"    {before or '[*]'} --> {after}: {event}" for (before, after), event in TABLE.items()]
    return "\n".join(["stateDiagram-v2", *arrows])
