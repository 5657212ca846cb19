"""What any store must do, written against the protocols of `gateway.ports`.

A backend's test module derives a class from `Conformance` and supplies one fixture, `store`: an open,
empty store for each test. Each group of cases stands in a module of its own.
"""

from tests.store.cases_accounts import Accounts
from tests.store.cases_commands import Claims, Idempotency, Intents
from tests.store.cases_comparing import Chains, Progress, Unasked
from tests.store.cases_deliveries import Deliveries
from tests.store.cases_journal import Journal, Snapshots
from tests.store.cases_listening import Listening
from tests.store.cases_lists import Lists, Pages
from tests.store.cases_people import Hosts, Participants
from tests.store.cases_queues import Looks, Missing, Sweep
from tests.store.cases_visibility import Overlaps, Searching
from tests.store.cases_writing import Writing


class Conformance(
    Accounts,
    Chains,
    Listening,
    Claims,
    Deliveries,
    Hosts,
    Idempotency,
    Intents,
    Journal,
    Lists,
    Looks,
    Missing,
    Overlaps,
    Pages,
    Participants,
    Progress,
    Searching,
    Snapshots,
    Sweep,
    Unasked,
    Writing,
):
    """All groups of cases."""
