"""The API's description: written by hand in `description/`, a file per door, and put together here.

What stands in one place already is taken from there: the codes of problems with their titles and
statuses (`errors.py`), the reasons on offer (the settings), the version. Nothing is guessed from the
code; that the description is true is for the tests to show. Serving it is `pages.py`'s affair.
"""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from gateway import __version__
from gateway.domain.rules import MOST_TEXT
from gateway.web.errors import STATUS, TITLES

Json = dict[str, Any]

PARTS = (
    "info", "bookings", "commands", "operators", "upkeep", "about",
    "answers", "shapes", "requests", "schemas", "examples", "problems",
)  # fmt: skip
PROBLEMS = "x-problems"
"""The table of problems in `description/problems.json`: meaning, remedy and members of each, by code."""


def description(labels: Mapping[str, str]) -> Json:
    """The OpenAPI document. `labels` are the reasons for a rejection: code → label."""
    whole: Json = {}
    for part in PARTS:
        _join(whole, json.loads((files("gateway.web") / "description" / f"{part}.json").read_text("utf-8")))
    whole["info"]["version"] = __version__
    whole[PROBLEMS] = {code: _entry(code, told) for code, told in whole[PROBLEMS].items()}
    _add_problems(whole["components"]["schemas"], whole[PROBLEMS])
    whole["components"]["schemas"]["Reject"]["oneOf"] = _reasons(labels)
    return whole


def _join(whole: Json, part: Json) -> None:
    """Lay one part into the whole, member by member. Nothing is said twice."""
    for name, value in part.items():
        if isinstance(value, dict) and isinstance(whole.get(name), dict):
            _join(whole[name], value)
        elif name in whole:
            raise ValueError(f"the description says twice what `{name}` is")
        else:
            whole[name] = value


def _entry(code: str, told: Json) -> Json:
    known = {"type": f"/problems/{code}", "code": code, "title": TITLES[code], "status": STATUS[code]}
    return {**known, **told}


def _add_problems(schemas: Json, problems: Mapping[str, Json]) -> None:
    """A schema for each problem, and the list of their codes."""
    schemas["ProblemCode"] = {"type": "string", "enum": sorted(problems)}
    for code, told in problems.items():
        fixed = {name: {"const": told[name]} for name in ("type", "title", "status", "code")}
        schemas[code.title().replace("-", "")] = {
            "description": told["meaning"],
            "externalDocs": {"description": "What to do", "url": told["type"]},
            "allOf": [{"$ref": "#/components/schemas/Problem"}],
            "required": told.get("required", []),
            "properties": {**fixed, **told.get("members", {})},
            "unevaluatedProperties": False,
        }


def _reasons(labels: Mapping[str, str]) -> list[Any]:
    """The ways of declining; without a reason on the list there is none."""
    return [_reason(code, label) for code, label in labels.items()] or [False]


def _reason(code: str, label: str) -> Json:
    """One way of declining: the code, and as many words as fit beside its label."""
    words = {"type": ["string", "null"], "maxLength": MOST_TEXT - len(f"{label}: ")}
    return {
        "title": label,
        "type": "object",
        "required": ["reason_code"],
        "properties": {"reason_code": {"const": code}, "reason": words},
        "additionalProperties": False,
        "examples": [{"reason_code": code}, {"reason_code": code, "reason": "Back in May"}],
    }
