"""Payload templates: what a subscription wants sent instead of the usual body, filled in as Handlebars would.

Only plain `{{a.b.0}}` is offered. Values are escaped as HTML and `&quot;` is turned back, so a quote or a line
break in a name makes a JSON template's result no JSON; then the body is the text `false`
(packages/features/webhooks/lib/sendPayload.ts; measured on 5.6.4).
"""

import json
import re
from typing import Any

_PLACE = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&#x27;", "`": "&#x60;", "=": "&#x3D;"}


def content_type(template: str | None) -> str:
    """JSON, unless the template itself is no JSON; the body is not form-encoded for all that."""
    return "application/x-www-form-urlencoded" if template and not _json(template) else "application/json"


def fill(template: str, data: dict[str, Any]) -> object:
    """Fill it in: what a JSON template's result says, False where it says nothing, the text of any other."""
    text = _PLACE.sub(lambda place: _escaped(_value(data, place[1])), template)
    return text if content_type(template) != "application/json" else _json(text)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return False


def _value(data: Any, path: str) -> Any:
    for name in path.split("."):
        if isinstance(data, list):
            data = data[int(name)] if name.isdigit() and int(name) < len(data) else None
        else:
            data = data.get(name) if isinstance(data, dict) else None
    return data


def _escaped(value: Any) -> str:
    """Write a value as Handlebars does: nothing for nothing, JavaScript's words for the rest."""
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return "".join(_ESCAPED.get(letter, letter) for letter in text)
