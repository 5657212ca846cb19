"""Event types by API: what is dropped without a word, what must be whole, and how one row spoils a list."""

from typing import Any

import pytest

from tests.sandbox.playing import JONAS, MAYA, Play

DAYS = {"type": "time", "noticeThreshold": {"unit": "days", "count": 1}}
NEW = {"lengthInMinutes": 30, "title": "New", "slug": "new"}
FIELD = {"type": "text", "slug": "q", "label": "Q"}


async def change(play: Play, **body: Any) -> Any:
    """Change Maya's first event type."""
    return (await play.call("PATCH", "/v2/event-types/11", body, MAYA)).json()


@pytest.mark.parametrize(
    "policy",
    [
        {"disabled": True},
        {"type": "always", "blockUnconfirmedBookingsInBooker": False},
        {
            "type": "time",
            "noticeThreshold": {"unit": "minutes", "count": 90},
            "blockUnconfirmedBookingsInBooker": True,
        },
    ],
)
async def test_a_whole_policy_is_kept(play: Play, policy: dict[str, Any]) -> None:
    """And is read back as it was given."""
    assert (await change(play, confirmationPolicy=policy))["data"]["confirmationPolicy"] == policy


@pytest.mark.parametrize(
    "policy",
    [{"blockUnconfirmedBookingsInBooker": True}, {"type": "time"}, {"type": "never"}, {"disabled": False}, 1],
)
async def test_half_a_policy_is_refused(play: Play, policy: Any) -> None:
    """All of it must be given each time."""
    error = (await change(play, confirmationPolicy=policy))["error"]["details"]["errors"][0]
    assert "ConfirmationPolicyValidator" in error["constraints"]


@pytest.mark.parametrize(
    "body",
    [{"requiresConfirmation": False}, {"price": 900, "currency": "eur"}, {"metadata": {"a": 1}}, {"x": 1}],
)
async def test_what_looks_as_if_it_worked_is_dropped(play: Play, body: dict[str, Any]) -> None:
    """With 200, and nothing changed."""
    before = await play.get("/v2/event-types/11", MAYA)
    assert (await change(play, **body))["data"] == before


async def test_a_refused_create_spoils_the_list(play: Play) -> None:
    """The row is there and cannot be read, shown in a list or repaired; deleted by id it is gone."""
    refused = await play.call("POST", "/v2/event-types", {**NEW, "confirmationPolicy": DAYS}, MAYA)
    number = play.world.last_kind
    calls = [
        ("GET", "/v2/event-types"),
        ("GET", f"/v2/event-types/{number}"),
        ("PATCH", f"/v2/event-types/{number}"),
    ]
    assert [(await play.call(*call, key=MAYA)).status_code for call in calls] == [400, 400, 400]
    assert refused.json()["error"]["message"].startswith(
        "requiresConfirmationThreshold.unit - Invalid enum value."
    )
    assert (await play.call("DELETE", f"/v2/event-types/{number}", key=MAYA)).status_code == 200
    assert (await play.call("GET", "/v2/event-types", key=MAYA)).status_code == 200


async def test_an_event_type_is_made_booked_and_deleted(play: Play) -> None:
    """Without a policy nobody is asked."""
    made = (await play.call("POST", "/v2/event-types", NEW, MAYA)).json()["data"]
    uid = await play.booked(eventTypeId=made["id"])
    assert play.booking(uid).status == "accepted"
    assert (await play.call("POST", "/v2/event-types", NEW, MAYA)).status_code == 400
    assert (await play.call("DELETE", f"/v2/event-types/{made['id']}", key=JONAS)).status_code == 403
    gone = await play.call("DELETE", f"/v2/event-types/{made['id']}", key=MAYA)
    assert gone.json()["data"] == {"id": made["id"], **NEW}
    assert (await play.call("DELETE", f"/v2/event-types/{made['id']}", key=MAYA)).status_code == 404


@pytest.mark.parametrize(("key", "status"), [(JONAS, 404), ("cal_sandbox", 404), (MAYA, 200)])
async def test_only_its_owner_changes_it(play: Play, key: str, status: int) -> None:
    """To read it, leading a team of the owner's is enough; to change it, it is not."""
    assert (await play.call("PATCH", "/v2/event-types/11", {"hidden": True}, key)).status_code == status


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ([], "'bookingFields' must contain at least 1 booking field."),
        ([{"type": "wizard", "slug": "w", "label": "W"}], "Unsupported booking field type 'wizard'."),
        ([{"type": "text", "slug": "w"}], "Validation failed for text booking field: label must be a string"),
        ([FIELD, FIELD], "Duplicate bookingFields slug 'q' found. All bookingFields slugs must be unique."),
        ([{**FIELD, "slug": "email"}], "Bad request: Please check your request data and try again"),
        (
            [{"type": "email", "label": "E", "required": False}],
            "checkIsEmailUserAccessible - Email booking field must be required and visible",
        ),
    ],
)
async def test_a_wrong_form_is_refused(play: Play, fields: list[Any], text: str) -> None:
    """In Cal.com's words."""
    assert (await change(play, bookingFields=fields))["error"]["message"] == text


async def test_a_form_is_replaced_as_a_whole(play: Play) -> None:
    """What was asked before is not asked any more."""
    await change(play, bookingFields=[FIELD, {"type": "phone", "label": "Phone"}])
    slugs = [one.slug for one in play.world.event_type(11).questions]
    assert slugs == ["q", "attendeePhoneNumber"]


async def test_seats_and_approval_do_not_go_together(play: Play) -> None:
    """In public source."""
    error = (await change(play, seats={"seatsPerTimeSlot": 3}))["error"]
    assert error["message"] == "Seats Validation failed: Seats are enabled but requiresConfirmation is true."


@pytest.mark.parametrize(
    ("field", "action", "body"),
    [
        ("disableCancelling", "cancel", {}),
        ("disableRescheduling", "reschedule", {"start": "2027-03-05T10:00:00Z"}),
    ],
)
async def test_what_is_disabled_is_refused(play: Play, field: str, action: str, body: dict[str, Any]) -> None:
    """And shown, and told in the request."""
    shown = (await change(play, **{field: {"disabled": True}}))["data"]
    assert shown[field] == {"disabled": True}
    uid = await play.booked()
    assert play.receiver.payload[field] is True
    assert (await play.act(uid, action, None, **body)).status_code == 400
