"""Webhook subscriptions by API, and what they may ask for: a template, a version."""

import json
from typing import Any

import pytest

from gateway.sandbox.templates import content_type, fill
from gateway.sandbox.webhooks import sign
from tests.sandbox.playing import HOOK, JONAS, MAYA, SECRET, Play

BODY = {"active": True, "subscriberUrl": "http://portal.example/hook", "triggers": ["BOOKING_REQUESTED"]}
KIND_HOOKS = "/v2/event-types/11/webhooks"


async def subscribe(play: Play, path: str = "/v2/webhooks", **more: Any) -> Any:
    """Subscribe as Maya."""
    return (await play.call("POST", path, BODY | more, MAYA)).json()


@pytest.mark.parametrize("path", ["/v2/webhooks", KIND_HOOKS])
async def test_a_subscription_is_made_changed_and_deleted(play: Play, path: str) -> None:
    """With its secret in clear, whatever the URL; only the very same one is refused, on the same level."""
    made = (await subscribe(play, path, secret="s", subscriberUrl="not a url"))["data"]
    assert (made["secret"], made["subscriberUrl"]) == ("s", "not a url")
    assert (await subscribe(play, path, subscriberUrl="not a url"))["error"]["code"] == "ConflictException"
    changed = await play.call("PATCH", f"{path}/{made['id']}", {"secret": None, "x": 1}, MAYA)
    assert changed.json()["data"] == {**made, "secret": None}
    assert [row["id"] for row in await play.get(path, MAYA)] == [made["id"]]
    assert (await play.call("DELETE", f"{path}/{made['id']}", key=MAYA)).status_code == 200
    assert (await play.call("GET", f"{path}/{made['id']}", key=MAYA)).status_code == 404


async def test_both_levels_hear_of_it(play: Play) -> None:
    """The same URL gets two deliveries with two secrets; another's event type cannot be listened to."""
    for path, secret in (("/v2/webhooks", "one"), (KIND_HOOKS, "two")):
        await subscribe(play, path, secret=secret)
    await play.booked()
    mine = [one for one in play.stage.courier.deliveries if one.url == BODY["subscriberUrl"]]
    assert [one.signature for one in mine] == [sign(mine[0].body, "one"), sign(mine[1].body, "two")]
    assert (await play.call("POST", KIND_HOOKS, BODY, JONAS)).status_code == 403


async def test_only_ones_own_comes_as_the_raw_row(play: Play) -> None:
    """With a version, which no other answer has."""
    made = (await subscribe(play))["data"]
    assert (await play.get(f"/v2/webhooks/{made['id']}", MAYA))["version"] == "2021-10-20"
    assert (await play.call("GET", f"/v2/webhooks/{made['id']}", key=JONAS)).status_code == 403
    assert "version" not in made


@pytest.mark.parametrize(
    ("body", "properties"),
    [
        ({"active": "yes"}, ["active"]),
        ({"triggers": ["BOOKING_CONFIRMED"]}, ["triggers"]),
        ({"version": "2026-07-27"}, ["version"]),
        ({"subscriberUrl": 1, "secret": 2}, ["subscriberUrl", "secret"]),
    ],
)
async def test_a_wrong_body_is_echoed(play: Play, body: dict[str, Any], properties: list[str]) -> None:
    """With all it breaks."""
    errors = (await subscribe(play, **body))["error"]["details"]["errors"]
    assert [error["property"] for error in errors] == properties


async def test_all_of_an_event_types_are_deleted_at_once(play: Play) -> None:
    """The answer is a sentence."""
    await subscribe(play, KIND_HOOKS)
    answer = await play.call("DELETE", KIND_HOOKS, key=MAYA)
    assert answer.json()["data"] == "1 webhooks deleted"


@pytest.mark.parametrize(
    ("template", "data", "kind", "filled"),
    [
        ('{"a":"{{x.0.y}}"}', {"x": [{"y": "<b>"}]}, "application/json", {"a": "&lt;b&gt;"}),
        ('{"a":"{{x}}"}', {"x": 'say "hi"'}, "application/json", False),
        ('{"a":"{{x}}"}', {"x": "two\nlines"}, "application/json", False),
        ("a={{x}}&b={{no.such}}", {"x": True}, "application/x-www-form-urlencoded", "a=true&b="),
    ],
)
def test_a_template_is_filled_in(template: str, data: dict[str, Any], kind: str, filled: object) -> None:
    """HTML-escaped but for quotes, which can make JSON no JSON: then it is `false`."""
    assert (content_type(template), fill(template, data)) == (kind, filled)


async def test_a_template_takes_the_bodys_place(play: Play) -> None:
    """Signed over what is sent, and not applied to meetings."""
    url = "http://portal.example/form"
    await subscribe(play, subscriberUrl=url, secret="s", payloadTemplate="t={{triggerEvent}}")
    uid = await play.booked()
    sent = [one for one in play.receiver.requests if str(one.url) == url][-1]
    assert (sent.content, sent.headers["content-type"]) == (
        b"t=BOOKING_REQUESTED",
        "application/x-www-form-urlencoded",
    )
    assert sent.headers["x-cal-signature-256"] == sign(sent.content, "s")
    play.world.subscriptions[-1].triggers = ["MEETING_STARTED"]
    await play.control("POST", "meetings", {"uid": uid})
    assert json.loads(play.receiver.requests[-1].content)["uid"] == uid


async def test_the_newest_version_adds_calendar_texts(play: Play) -> None:
    """To what is accepted, moved or cancelled, for who asked for it; the header says which version it is."""
    await play.control("POST", "settings", {"release": "2026"})
    await play.control("POST", "subscriptions", {"url": HOOK, "secret": SECRET, "version": "2026-07-27"})
    uid = await play.booked()
    assert "attendeeIcsContent" not in play.receiver.payload
    await play.act(uid, "confirm")
    old, new = play.receiver.requests[-2:]
    assert [one.headers["x-cal-webhook-version"] for one in (old, new)] == ["2021-10-20", "2026-07-27"]
    added = json.loads(new.content)["payload"].keys() - json.loads(old.content)["payload"].keys()
    assert added == {"attendeeIcsContent", "organizerIcsContent"}
    await play.act(uid, "cancel", key=None)
    assert "METHOD:CANCEL" in play.receiver.payload["attendeeIcsContent"]
