"""A mood as it is asked for, by the control route or by a step of a scenario: everything wrong with it is told at once.

What each mood does is said in `moods.py`. A field that a mood makes no use of is wrong, too.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from gateway.sandbox.moods import CALL_KINDS, EVERY_CALL, EVERY_WEBHOOK, SHAPES, WEBHOOK_KINDS, Mood
from gateway.sandbox.routes import ROUTES
from gateway.sandbox.rows import TRIGGERS

PLACES = (*{spec.name: None for spec in ROUTES}, EVERY_CALL)
KINDS = (*CALL_KINDS, *WEBHOOK_KINDS)
LONGEST = 3600.0

_TAKES = {
    **dict.fromkeys(("hang", "drop", "html", "garbage"), "n uid booking after_effect"),
    **dict.fromkeys(("limit", "crash", "lose", "double", "hold"), "n uid booking"),
    "slow": "n uid booking after_effect seconds",
    "drip": "n uid booking after_effect seconds chunk",
    "status": "n uid booking after_effect status",
    "schema": "n uid booking after_effect shape",
    "refuse": "seconds",
    "delay": "n uid booking seconds",
    "reorder": "n uid booking seconds",
}
"""The fields that mean something for a mood."""
_SECONDS = {"drip": 0.05, "refuse": 5.0, "reorder": 10.0}


def _listed(names: tuple[str, ...]) -> str:
    return f"should be one of {', '.join(names)}"


class Words(BaseModel):
    """What may be said of a mood. The order matters: a field is checked by those before it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    route: str | None = None
    trigger: str | None = None
    mood: str
    n: Annotated[int, Field(ge=1)] | None = 1
    seconds: Annotated[float, Field(ge=0, le=LONGEST)] | None = None
    status: Annotated[int, Field(ge=400, le=599)] = 500
    shape: str = SHAPES[0]
    chunk: Annotated[int, Field(ge=1)] = 1
    after_effect: bool = False

    @field_validator("route")
    @classmethod
    def _a_route(cls, value: str | None) -> str | None:
        if value not in (None, *PLACES, EVERY_WEBHOOK):
            raise ValueError(_listed((*PLACES, EVERY_WEBHOOK)))
        return value

    @field_validator("trigger")
    @classmethod
    def _a_trigger(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("route") in PLACES:
            raise ValueError("a call has no trigger: leave out `route` or this")
        if value not in (None, *TRIGGERS, EVERY_WEBHOOK):
            raise ValueError(_listed((*TRIGGERS, EVERY_WEBHOOK)))
        return value

    @field_validator("mood")
    @classmethod
    def _a_mood(cls, value: str, info: ValidationInfo) -> str:
        route, trigger = info.data.get("route"), info.data.get("trigger")
        if route in PLACES and value not in CALL_KINDS:
            raise ValueError(f"{_listed(tuple(CALL_KINDS))} for a call")
        if (trigger or route == EVERY_WEBHOOK) and value not in WEBHOOK_KINDS:
            raise ValueError(f"{_listed(tuple(WEBHOOK_KINDS))} for a webhook")
        if value not in KINDS:
            raise ValueError(_listed(KINDS))
        if value == "crash" and route != "confirm":
            raise ValueError('only a confirm can crash between its mails and the state: route = "confirm"')
        if value == "refuse" and route not in (None, EVERY_CALL):
            raise ValueError("who is refused has not said what for: leave out `route`")
        return value

    @field_validator("shape")
    @classmethod
    def _a_shape(cls, value: str) -> str:
        if value not in SHAPES:
            raise ValueError(_listed(SHAPES))
        return value

    @field_validator("n")
    @classmethod
    def _enough(cls, value: int | None, info: ValidationInfo) -> int | None:
        if info.data.get("mood") == "reorder" and (value is None or value < 2):
            raise ValueError("it takes at least 2 to come in another order")
        return value

    @field_validator(
        "n", "seconds", "status", "shape", "chunk", "after_effect", "uid", "booking", check_fields=False
    )
    @classmethod
    def _of_use(cls, value: Any, info: ValidationInfo) -> Any:
        kind = info.data.get("mood")
        if kind is not None and info.field_name not in _TAKES[kind].split():
            raise ValueError(f"means nothing for {kind}")
        return value

    def meant(self, uid: str | None) -> Mood:
        """Give the mood, for one booking or for all."""
        webhook = self.mood in WEBHOOK_KINDS
        n = 2 if self.mood == "reorder" and "n" not in self.model_fields_set else self.n
        seconds = _SECONDS.get(self.mood, 1.0) if self.seconds is None else self.seconds
        return Mood(
            where=(self.trigger or EVERY_WEBHOOK) if webhook else (self.route or EVERY_CALL),
            kind=self.mood,
            left=n,
            after_effect=self.after_effect,
            seconds=seconds,
            status=self.status,
            uid=uid,
            shape=self.shape,
            chunk=self.chunk,
        )


class Wanted(Words):
    """A mood as the control route takes it."""

    uid: str | None = None
