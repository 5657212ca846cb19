"""The ways Cal.com writes an instant, and the one way it is read here.

Four formats leave Cal.com: milliseconds with `Z` (API answers, webhook roots, decided requests), seconds with
`Z` (requests as they are made), a numeric offset (cancellations) and minutes from UTC (people). Nothing
here asks what time it is.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def parse(text: str) -> datetime:
    """Read an ISO 8601 text as an instant in UTC; a text without an offset counts as UTC. Raises ValueError."""
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def millis(at: datetime) -> str:
    """Write `2026-12-01T09:00:00.000Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds(at: datetime) -> str:
    """Write `2026-12-01T09:00:00Z`."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def offset(at: datetime) -> str:
    """Write `2026-12-01T09:00:00+00:00`, as a server running in UTC does."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def utc_offset(zone: str, at: datetime) -> int | None:
    """Minutes from UTC in that zone at that instant; None for a zone nobody knows."""
    try:
        away = at.astimezone(ZoneInfo(zone)).utcoffset()
    except (KeyError, ValueError, OSError):
        return None
    return None if away is None else int(away.total_seconds() // 60)
