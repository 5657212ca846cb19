"""Times as numbers: milliseconds since 1970 in UTC, which is Cal.com's own precision."""

from datetime import UTC, datetime

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def millis(time: datetime) -> int:
    """Whole milliseconds since 1970."""
    return round((time - EPOCH).total_seconds() * 1000)


def moment(count: int) -> datetime:
    """The time that `millis` counted."""
    return datetime.fromtimestamp(count / 1000, UTC)
