"""The world a rehearsal begins with: an office that may act for all, three mentors, and a form with one question.

Everybody is invented and lives at example.com. Bookings come later, through the front door.
"""

from gateway.sandbox.rows import Approval, EventType, Membership, Person, Question, Role, Subscription, Team
from gateway.sandbox.world import World

WHY = Question("why", "What are you hoping to accomplish?")
OFFICE, PROGRAMME = 1, 1

_MENTORS = (
    (101, "Maya Fuentes", "maya", "Europe/Madrid"),
    (102, "Jonas Lindqvist", "jonas", "Europe/Stockholm"),
    (103, "Ifeoma Eze", "ifeoma", "Africa/Lagos"),
)


def demo_world(admin_key: str, hook: str | None = None, secret: str | None = None) -> World:
    """Build it. The office's key is `admin_key`, a mentor's is that key, `_` and the username; `hook` hears everything."""
    office = Person(OFFICE, "Programme Office", "office@example.com", "office", "Etc/UTC", admin_key)
    mentors = [
        Person(
            number,
            name,
            f"{username}@example.com",
            username,
            zone,
            f"{admin_key}_{username}",
            default_schedule=1,
        )
        for number, name, username, zone in _MENTORS
    ]
    kinds = [_mentoring(11 + nth, mentor.id) for nth, mentor in enumerate(mentors)]
    hooks = [] if hook is None else [Subscription("demo", hook, secret)]
    world = World([office, *mentors], [*kinds, _private_call(mentors[0].id)], hooks)
    world.teams = [Team(PROGRAMME, "Mentoring programme", "mentoring-programme")]
    members = [Membership(2 + nth, PROGRAMME, mentor.id) for nth, mentor in enumerate(mentors)]
    world.memberships = [Membership(1, PROGRAMME, OFFICE, Role.OWNER), *members]
    return world


def _mentoring(number: int, owner: int) -> EventType:
    return EventType(
        number,
        "mentoring",
        "Mentoring session",
        owner,
        description="Half an hour with a mentor",
        hide_organizer_email=True,
        questions=[WHY],
    )


def _private_call(owner: int) -> EventType:
    return EventType(21, "private-call", "Private call", owner, length=15, approval=Approval.NEVER)
