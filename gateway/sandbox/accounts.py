"""API v2, accounts and teams: `/v2/me`, `/v2/teams` and the memberships in them.

A team's owner may add anybody to it by id, unasked, and may from then on answer for them (measured on 6.0.2): it is
as easy here. Teams are part of the world and not made by the API.
"""

from collections.abc import Callable
from typing import Any
from zoneinfo import available_timezones

from gateway.sandbox.answers import success
from gateway.sandbox.queries import read_page
from gateway.sandbox.reception import Answer, Ask
from gateway.sandbox.refusals import complaint, envelope, invalid
from gateway.sandbox.rows import Membership, Person, Role, Team
from gateway.sandbox.stage import Stage
from gateway.sandbox.world import World


async def me(_: Stage, ask: Ask) -> Answer:
    """Show the caller's account: the only route fit to test a key with."""
    return Answer(success(_person(ask.somebody)))


async def change_me(_: Stage, ask: Ask) -> Answer:
    """Change the caller's account; fields it does not know are dropped silently (measured on 6.0.2)."""
    errors = [
        complaint(ask.body, name, {rule: f"{name} {text}"})
        for name, (rule, right, text) in _CHECKS.items()
        if name in ask.body and not right(ask.body[name])
    ]
    if errors:
        raise invalid(errors)
    for name, attribute in _FIELDS.items():
        if name in ask.body:
            setattr(ask.somebody, attribute, ask.body[name])
    return Answer(success(_person(ask.somebody)))


def _is_zone(value: Any) -> bool:
    return value in available_timezones()


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_clock(value: Any) -> bool:
    return value in (12, 24)


_FIELDS = {"timeZone": "time_zone", "weekStart": "week_start", "name": "name", "timeFormat": "time_format"}
_CHECKS: dict[str, tuple[str, Callable[[Any], bool], str]] = {
    "timeZone": ("isTimeZone", _is_zone, "must be a valid IANA time-zone"),
    "weekStart": ("isString", _is_text, "must be a string"),
    "name": ("isString", _is_text, "must be a string"),
    "timeFormat": ("isEnum", _is_clock, "must be either 12 or 24"),
}


async def teams(stage: Stage, ask: Ask) -> Answer:
    """List the teams the caller is in."""
    found = [team for team in stage.world.teams_of(ask.somebody.id) if not team.organization]
    return Answer(success([_team(team) for team in found]))


async def team(stage: Stage, ask: Ask) -> Answer:
    """Show one team to its members."""
    return Answer(success(_team(_own_team(stage.world, ask))))


async def memberships(stage: Stage, ask: Ask) -> Answer:
    """List who is in a team, to its members; `emails` narrows it down."""
    team_id = _own_team(stage.world, ask).id
    take, skip = read_page(ask.query.multi_items())
    emails = set(filter(None, ask.query.get("emails", "").split(",")))
    rows = [
        _membership(stage.world, one)
        for one in stage.world.memberships
        if one.team == team_id and (not emails or stage.world.person(one.person).email in emails)
    ]
    return Answer(success(rows[skip : skip + take]))


async def add_member(stage: Stage, ask: Ask) -> Answer:
    """Add somebody to a team by id. Raises Refusal for who does not lead it and for an unknown user."""
    world, team_id = stage.world, _own_team(stage.world, ask).id
    if team_id not in world.led_by(ask.somebody.id):
        raise envelope(403, f"User with id={ask.somebody.id} does not have the role needed in team {team_id}")
    person_id = ask.body.get("userId")
    if person_id not in [person.id for person in world.people]:
        raise envelope(404, f"User with id={person_id} not found")
    role = Role(ask.body.get("role", Role.MEMBER))
    number = max((one.id for one in world.memberships), default=0) + 1
    added = Membership(number, team_id, person_id, role, ask.body.get("accepted") is True)
    world.memberships.append(added)
    return Answer(success(_membership(world, added)), 201)


def _own_team(world: World, ask: Ask) -> Team:
    """Find the team that was named. Raises Refusal unless the caller is in it."""
    found = world.team(int(ask.uid)) if ask.uid.isdigit() else None
    if found is None:
        raise envelope(404, f"Team with id {ask.uid} not found")
    if found not in world.teams_of(ask.somebody.id):
        raise envelope(403, f"User is not a member of the team with id={ask.uid}")
    return found


def _person(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "email": person.email,
        "name": person.name,
        "avatarUrl": None,
        "bio": None,
        "timeFormat": person.time_format,
        "defaultScheduleId": person.default_schedule,
        "weekStart": person.week_start,
        "timeZone": person.time_zone,
        "username": person.username,
        "organizationId": None,
    }


def _team(team: Team) -> dict[str, Any]:
    parent = {} if team.parent is None else {"parentId": team.parent}
    return {
        "id": team.id,
        **parent,
        "name": team.name,
        "slug": team.slug,
        "isOrganization": team.organization,
    }


def _membership(world: World, membership: Membership) -> dict[str, Any]:
    person = world.person(membership.person)
    return {
        "id": membership.id,
        "userId": person.id,
        "teamId": membership.team,
        "accepted": membership.accepted,
        "role": membership.role.value,
        "disableImpersonation": False,
        "user": {"avatarUrl": None, "username": person.username, "name": person.name, "email": person.email},
    }
