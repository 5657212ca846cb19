"""The API's description, a browser for it, and a page for each problem: what needs no token and no store.

Everything is made once, when the service starts, and answered by its digest from then on. A page
fetches nothing from any other host, and its scripts and styles are files: the policy in its header
allows nothing else. What stands in the description is `openapi.py`'s affair.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template

from starlette.requests import Request
from starlette.responses import Response

from gateway.domain.errors import NotFound
from gateway.web.openapi import PROBLEMS, Json

HTML = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
}
TOLD = ("type", "code", "title", "status", "meaning", "remedy")
MEDIA = {"css": "text/css", "js": "text/javascript"}
Place = tuple[str, str]

FRAME = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<link rel="icon" href="data:,">
$head
</head>
<body>
$body
</body>
</html>
""")
STYLED = '<link rel="stylesheet" href="/static/pages/page.css">'
BROWSER = """\
<link rel="stylesheet" href="/static/swagger-ui/swagger-ui.css">
<script src="/static/swagger-ui/swagger-ui-bundle.js" defer></script>
<script src="/static/pages/docs.js" defer></script>"""
PROBLEM = Template("""\
<nav><a href="/problems">All problems</a> · <a href="/docs">The API</a></nav>
<main>
<h1>$title</h1>
<p class="quiet">Status $status, code <code>$code</code></p>
<h2>What it means</h2>
<p>$meaning</p>
<h2>What to do</h2>
<p>$remedy</p>
</main>""")
ROW = Template('<tr><td>$status</td><td><a href="$type"><code>$code</code></a></td><td>$title</td></tr>')
LIST = Template("""\
<nav><a href="/docs">The API</a></nav>
<main>
<h1>Problems</h1>
<p class="quiet">Every way in which the gateway refuses or fails.</p>
<table>
<tr><th>Status</th><th>Code</th><th>Title</th></tr>
$rows
</table>
</main>""")


@dataclass(frozen=True, slots=True)
class Sheet:
    """Something that stays the same while the service runs, with the digest by which a caller may hold it."""

    body: bytes
    media: str
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "etag", f'"{sha256(self.body).hexdigest()[:16]}"')

    def answer(self, request: Request) -> Response:
        """The sheet, or a 304 for whoever holds it."""
        headers = {"Cache-Control": "no-cache", "ETag": self.etag, "X-Content-Type-Options": "nosniff"}
        held = request.headers.get("if-none-match", "").split(",")
        if {name.strip().removeprefix("W/") for name in held} & {self.etag, "*"}:
            return Response(status_code=304, headers={**self.headers, **headers})
        return Response(self.body, headers={**self.headers, **headers}, media_type=self.media)


class Pages:
    """The doors to the description and to what explains it."""

    def __init__(self, description: Json) -> None:
        problems: Mapping[str, Json] = description[PROBLEMS]
        told = {code: {name: entry[name] for name in TOLD} for code, entry in problems.items()}
        self._description = _json(description)
        self._docs = _html("API of the Cal.com gateway", BROWSER, '<div id="api"></div>')
        self._list = (_listed(told), _json({"items": list(told.values())}, Vary="Accept"))
        self._problems = {code: (_page(one), _json(one, Vary="Accept")) for code, one in told.items()}
        self._static = dict(_static(files("gateway.web") / "static"))

    async def openapi(self, request: Request) -> Response:
        """The OpenAPI document."""
        return self._description.answer(request)

    async def docs(self, request: Request) -> Response:
        """The document in a browser."""
        return self._docs.answer(request)

    async def problems(self, request: Request) -> Response:
        """Every problem there is."""
        return self._list[_prefers_json(request)].answer(request)

    async def problem(self, request: Request) -> Response:
        """One problem: what it means and what to do. Raises NotFound."""
        try:
            page = self._problems[request.path_params["code"]]
        except KeyError:
            raise NotFound("There is no problem of that name.") from None
        return page[_prefers_json(request)].answer(request)

    async def static(self, request: Request) -> Response:
        """A style sheet or script. Raises NotFound."""
        place = request.path_params["folder"], request.path_params["file"]
        if place not in self._static:
            raise NotFound("There is no such file.")
        return self._static[place].answer(request)


def _json(value: Json, **headers: str) -> Sheet:
    return Sheet(json.dumps(value, ensure_ascii=False).encode(), "application/json", headers)


def _html(title: str, head: str, body: str, **headers: str) -> Sheet:
    page = FRAME.substitute(title=escape(title), head=head, body=body)
    return Sheet(page.encode(), "text/html", {**HTML, **headers})


def _page(told: Json) -> Sheet:
    return _html(told["title"], STYLED, PROBLEM.substitute(_escaped(told)), Vary="Accept")


def _listed(problems: Mapping[str, Json]) -> Sheet:
    ordered = sorted(problems.values(), key=lambda told: (told["status"], told["code"]))
    rows = "\n".join(ROW.substitute(_escaped(told)) for told in ordered)
    return _html("Problems", STYLED, LIST.substitute(rows=rows), Vary="Accept")


def _escaped(told: Json) -> dict[str, str]:
    """Ready to stand in a page; what is between backticks is code."""
    return {name: re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(str(told[name]))) for name in TOLD}


def _static(folder: Traversable) -> Iterator[tuple[Place, Sheet]]:
    """Every file one folder down, by folder and name: what is not found now is never served."""
    for inner in folder.iterdir():
        for file in inner.iterdir() if inner.is_dir() else ():
            media = MEDIA.get(file.name.rpartition(".")[2], "text/plain")
            yield (inner.name, file.name), Sheet(file.read_bytes(), media)


def _prefers_json(request: Request) -> bool:
    """Whether the caller would rather have JSON; who names neither, as `*/*` does, gets the page."""
    wanted = {"html": 0.0, "json": 0.0}
    for one in request.headers.get("accept", "").lower().split(","):
        media, _, parameters = one.strip().partition(";")
        kind = re.split(r"[/+]", media)[-1]
        if kind in wanted:
            wanted[kind] = max(wanted[kind], _weight(parameters))
    return wanted["json"] > wanted["html"]


def _weight(parameters: str) -> float:
    found = re.search(r"\bq\s*=\s*([01](?:\.[0-9]{0,3})?)\s*(?:;|$)", parameters)
    return float(found[1]) if found else 1.0
