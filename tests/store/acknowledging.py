"""Run as a process by `test_durability.py`: keeps deliveries as fast as it can and says so, until it is killed.

`python -m tests.store.acknowledging DATABASE NAME`; each line of its output is `digest number`, written
after the store has answered and in one call, so that a kill cannot cut it.
"""

import asyncio
import itertools
import os
import sys
from pathlib import Path

from gateway.ports import Ledger, Store
from tests.store.databases import opened
from tests.store.making import NOON, delivery, line

TOGETHER = 16


async def keep_on(store: Store, name: str) -> None:
    """Keep one delivery after the other, each with a line of the journal."""
    for number in itertools.count():
        digest = f"{name}-{number}"

        def step(ledger: Ledger, digest: str = digest) -> int:
            ledger.keep(delivery(digest, body=b"x" * 2000))
            return ledger.append(line(digest), ["*"], NOON)

        seq = await store.write("one", step)
        os.write(1, f"{digest} {seq}\n".encode())


async def main(path: Path, name: str) -> None:
    """Write from several places at once."""
    async with opened(path) as store:
        await asyncio.gather(*(keep_on(store, f"{name}-{place}") for place in range(TOGETHER)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
