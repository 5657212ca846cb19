"""Doctor's questions: what must be true for the flow to work, each with an answer and a remedy.

It asks and changes nothing. `red` means that something does not work, `warn` that it may not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.ports import CalCom, Clock, Ledger, Limited, Missing, Rejected, Store, Unsent
from gateway.services.looks import FEW
from gateway.services.reconcile import FINISHED

OK, WARN, RED = "ok", "warn", "red"
SOON = timedelta(minutes=5)
LATE = 3
"""So many intervals without a finished comparison are too many."""


@dataclass(frozen=True, slots=True)
class Check:
    """One question and how it was answered; `remedy` is None when all is well."""

    id: str
    question: str
    level: str
    answer: str
    remedy: str | None = None
    account: str | None = None
    host: str | None = None
    event_type: str | None = None
    fixable: bool = False


class Checkup:
    """Asks the store and Cal.com. `calcom` is None when there is no key; `every` the seconds between comparisons."""

    def __init__(self, store: Store, calcom: CalCom | None, clock: Clock, every: float) -> None:
        self._store = store
        self._calcom = calcom
        self._clock = clock
        self._every = every

    async def run(self, account: str) -> list[Check]:
        """Every question, in the order in which one would put things right."""
        missing, finished = await self._store.read(account, _state)
        return [await self._key(account), _same_calcom(account, missing), self._in_step(account, finished)]

    async def _key(self, account: str) -> Check:
        question = "Does Cal.com accept the key?"
        if self._calcom is None:
            return Check("calcom-key", question, RED, "There is none.", "Set calcom.api_key.", account)
        try:
            owner = await self._calcom.me()
        except Rejected as refusal:
            remedy = "Make a new key at Cal.com and set calcom.api_key; see that calcom.base_url is that of the same Cal.com."
            return Check(
                "calcom-key", question, RED, f"No, it refused with {refusal.status}.", remedy, account
            )
        except (Unsent, Missing):
            remedy = "See that calcom.base_url is right and can be reached from here."
            return Check("calcom-key", question, RED, "It gave no usable answer.", remedy, account)
        except Limited as limit:
            answer = f"Not known: its calls are used up for another {limit.seconds:.0f} s."
            return Check("calcom-key", question, WARN, answer, "Ask again later.", account)
        return Check("calcom-key", question, OK, f"Yes, as {owner.username or owner.id}.", account=account)

    def _in_step(self, account: str, finished: datetime | None) -> Check:
        question = "When was the mirror last compared with Cal.com?"
        if self._every == 0:
            remedy = "Set reconcile.every_seconds to 60."
            return Check("in-step", question, WARN, "Never: it is switched off.", remedy, account)
        remedy = "See that the service runs, and what its log says of `reconcile.done`."
        if finished is None:
            return Check("in-step", question, WARN, "Not yet.", remedy, account)
        age = self._clock() - finished
        late = age > max(SOON, timedelta(seconds=self._every * LATE))
        answer = f"{max(0, int(age.total_seconds()))} s ago."
        return Check("in-step", question, RED if late else OK, answer, remedy if late else None, account)


def _state(ledger: Ledger) -> tuple[int, datetime | None]:
    return ledger.missing(), ledger.reached(FINISHED)


def _same_calcom(account: str, missing: int) -> Check:
    """Many bookings missing at once are no deletions: see `looks.py`, which then believes none of them."""
    question = "Does Cal.com know the bookings that we know?"
    if missing == 0:
        return Check("same-calcom", question, OK, "Yes, all it was asked about.", account=account)
    if missing <= FEW:
        answer = (
            f"It does not find {missing} of them; each is asked about once more before it counts as gone."
        )
        return Check(
            "same-calcom", question, WARN, answer, "None is needed if they were deleted there.", account
        )
    answer = f"It does not find {missing} of them. None of these is marked as gone."
    remedy = "See that calcom.base_url and calcom.api_key are those of the Cal.com that made these bookings."
    return Check("same-calcom", question, RED, answer, remedy, account)


def sound(checks: Sequence[Check]) -> bool:
    """True when nothing is red."""
    return all(check.level != RED for check in checks)
