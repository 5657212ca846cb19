"""Holding the mirror against the stand-in Cal.com's own rows, once every look has been taken."""

from datetime import datetime

from gateway.app import DEFAULT_ACCOUNT, reading
from tests.stories.cast import OPERATOR, CalCom, Gateway, Json, until


async def settled(gateway: Gateway) -> None:
    """Every look has been taken; for one that was put off the clock is wound."""
    async with reading(gateway.settings) as store:

        async def none_left() -> bool:
            due = await store.read(DEFAULT_ACCOUNT, lambda ledger: ledger.next_look())
            if due is not None:
                gateway.clock.wind(seconds=max(0.0, (due - gateway.clock()).total_seconds()))
                await gateway.wake()
            return due is None

        await until(none_left)


async def mirrored(gateway: Gateway, uid: str) -> tuple[str, str | None, str | None]:
    """How a booking stands here: status, and where it came from and went to. What expired is pending at Cal.com."""
    seen = await gateway.service().booking(uid)
    status = "pending" if seen["status"] == "expired" else str(seen["status"])
    return status, seen["moved_from"], seen["moved_to"]


async def truth(calcom: CalCom, uid: str) -> tuple[str, str | None, str | None]:
    """The same in Cal.com's own row."""
    row = await calcom.row(uid)
    return row["status"], row["from_uid"], row["to_uid"]


async def move(calcom: CalCom, uid: str, start: datetime, *, by_host: bool = False) -> str:
    """Choose another time on Cal.com's page; gives the new uid."""
    wanted = {"uid": uid, "start": start.isoformat(), "by_host": by_host}
    new = str((await calcom.control("POST", "moves", wanted))["uid"])
    calcom.canaries.append(new)
    return new


async def compare(gateway: Gateway) -> Json:
    """Have the operator compare with Cal.com; gives what was found."""
    answer = await gateway.service(OPERATOR).call("POST", "/v1/reconcile")
    assert answer.status_code == 200, answer.text
    await settled(gateway)
    return dict(answer.json())
