"""Times as numbers: milliseconds since 1970 in UTC, which is Cal.com's own precision."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def millis(time: datetime) -> int:
    """Whole milliseconds since 1970 that have passed."""
    return (time - EPOCH) // MILLISECOND


def next_millis(time: datetime) -> int:
    """The first whole millisecond that is not before `time`: what falls due then is due, by whichever clock."""
    return -((EPOCH - time) // MILLISECOND)


def moment(count: int) -> datetime:
    """The time that `millis` counted."""
    return EPOCH + count * MILLISECOND
