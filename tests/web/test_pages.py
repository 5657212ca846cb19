"""The pages beside the API: everything comes from this host, and each problem is explained to people and programs."""

import re
import shutil
import subprocess
import sys
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import pytest

from gateway.http import httpx
from gateway.web.errors import STATUS, TITLES
from gateway.web.openapi import PROBLEMS, description
from gateway.web.pages import Pages
from tests.stories.cast import Gateway

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "gateway" / "web" / "static"
PAGES = ("/docs", "/problems", "/problems/conflict")
JSON = {"Accept": "application/json"}


class Reader(HTMLParser):
    """What a browser would fetch for a page, the words on it, and what its policy would forbid."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.linked: list[str] = []
        self.forbidden: list[str] = []
        self.words: list[str] = []
        self._within: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an address, or what stands inline."""
        given = {name: value or "" for name, value in attrs}
        self._within = tag
        place = self.linked if tag == "a" else self.fetched
        place += [given[name] for name in ("src", "href") if name in given]
        self.forbidden += [f"{tag} {name}" for name in given if name == "style" or name.startswith("on")]

    def handle_data(self, data: str) -> None:
        """Note words; those in a script or style are forbidden."""
        if data.strip():
            (self.forbidden if self._within in ("script", "style") else self.words).append(data.strip())


def read(answer: httpx.Response) -> Reader:
    """A page that was answered."""
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    return Reader(answer.text)


@pytest.mark.parametrize("path", PAGES)
async def test_nothing_is_fetched_from_elsewhere(gateway: Gateway, path: str) -> None:
    """Whatever a page fetches is ours and there, and the policy lets nothing else in."""
    answer = await gateway.get(path)
    fetched = [one for one in read(answer).fetched if not one.startswith("data:")]
    assert [(await gateway.get(one)).status_code for one in fetched if one.startswith("/static/")] == [
        200
    ] * len(fetched)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "://" not in policy


@pytest.mark.parametrize("path", PAGES)
async def test_nothing_stands_inline(gateway: Gateway, path: str) -> None:
    """A page's scripts and styles are files."""
    assert read(await gateway.get(path)).forbidden == []


@pytest.mark.parametrize("path", PAGES)
async def test_links_lead_somewhere(gateway: Gateway, path: str) -> None:
    """Every link on a page is answered."""
    links = read(await gateway.get(path)).linked
    assert [(await gateway.get(one)).status_code for one in links] == [200] * len(links)


async def test_the_browser_reads_the_description(gateway: Gateway) -> None:
    """The starter names our description, and asks nobody else whether it is valid."""
    starter = (await gateway.get("/static/pages/docs.js")).text
    assert 'url: "/openapi.json"' in starter
    assert "validatorUrl: null" in starter
    assert "://" not in starter


async def test_every_problem_has_a_page(gateway: Gateway) -> None:
    """The page says what happened, with which status, what it means and what to do."""
    for code, told in description({})[PROBLEMS].items():
        words = " ".join(read(await gateway.get(f"/problems/{code}")).words)
        wanted = [told["title"], str(STATUS[code]), code, told["meaning"], told["remedy"]]
        assert [one for one in wanted if squeezed(one) not in squeezed(words)] == []


def squeezed(text: str) -> str:
    """A text without blanks, and without the marks of code."""
    return re.sub(r"[\s`]", "", text)


async def test_every_problem_is_explained_to_programs(gateway: Gateway) -> None:
    """The same as JSON."""
    for code, status in STATUS.items():
        told = (await gateway.get(f"/problems/{code}", **JSON)).json()
        assert told.keys() == {"type", "code", "title", "status", "meaning", "remedy"}
        assert (told["type"], told["code"]) == (f"/problems/{code}", code)
        assert (told["title"], told["status"]) == (TITLES[code], status)


async def test_a_problem_leads_to_its_page(gateway: Gateway) -> None:
    """The type of a problem is the address that explains it."""
    refusal = (await gateway.get("/v1/bookings")).json()
    assert (await gateway.get(refusal["type"], **JSON)).json()["code"] == refusal["code"]


async def test_all_problems_are_listed(gateway: Gateway) -> None:
    """As a page and as JSON."""
    page, told = read(await gateway.get("/problems")), (await gateway.get("/problems", **JSON)).json()
    assert {one.removeprefix("/problems/") for one in page.linked} - {"/docs"} == STATUS.keys()
    assert {one["code"] for one in told["items"]} == STATUS.keys()


ACCEPTS = (
    ("", "text/html"),
    ("*/*", "text/html"),
    ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
    ("application/json", "application/json"),
    ("application/problem+json", "application/json"),
    ("application/json, text/plain, */*", "application/json"),
    ("application/json;q=0.2, text/html", "text/html"),
    ("text/html;q=0.2, Application/JSON", "application/json"),
    ("text/html, application/json", "text/html"),
    ("application/json; q=nonsense", "application/json"),
    ("application/json;q=0", "text/html"),
    (";,;q=,", "text/html"),
)


async def test_who_gets_json(gateway: Gateway) -> None:
    """Who would rather have JSON gets it; who does not care gets the page. Caches are told that it depends."""
    answers = {accept: await gateway.get("/problems/conflict", Accept=accept) for accept, _ in ACCEPTS}
    told = {accept: one.headers["content-type"].partition(";")[0] for accept, one in answers.items()}
    assert told == dict(ACCEPTS)
    assert {one.headers["vary"] for one in answers.values()} == {"Accept"}


@pytest.mark.parametrize("path", ["/problems/none", "/problems/Conflict", "/static/pages/none"])
async def test_what_is_not_there(gateway: Gateway, path: str) -> None:
    """404, as a problem, also to a browser."""
    for accept in ("text/html", "application/json"):
        answer = await gateway.get(path, Accept=accept)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize(
    "path",
    ["../pages.py", "pages/..%2f..%2fpages.py", "pages/%2e%2e", "..%2fpages/page.css", "pages/page.css%00"],
)
async def test_nothing_else_is_served(gateway: Gateway, path: str) -> None:
    """A path leads to a file of the folder or nowhere."""
    assert (await gateway.get(f"/static/{path}")).status_code == 404


@pytest.mark.parametrize(
    ("path", "media"),
    [
        ("swagger-ui/swagger-ui-bundle.js", "text/javascript"),
        ("swagger-ui/swagger-ui.css", "text/css"),
        ("swagger-ui/LICENSE", "text/plain"),
        ("pages/docs.js", "text/javascript"),
    ],
)
async def test_files_are_served_as_what_they_are(gateway: Gateway, path: str, media: str) -> None:
    """With their media type, which is not to be guessed at, and whole."""
    answer = await gateway.get(f"/static/{path}")
    assert answer.headers["content-type"] == f"{media}; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.content == (STATIC / path).read_bytes()


@pytest.mark.parametrize("path", [*PAGES, "/openapi.json", "/static/pages/page.css"])
async def test_who_holds_it_is_told_so(gateway: Gateway, path: str) -> None:
    """304 without a body for whoever holds the present state, however that is said."""
    etag = (await gateway.get(path)).headers["etag"]
    for held in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = await gateway.get(path, **{"If-None-Match": held})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)


async def test_who_holds_another_gets_this_one(gateway: Gateway) -> None:
    """Page and JSON are two things, each with an ETag of its own."""
    page = (await gateway.get("/problems")).headers["etag"]
    assert (await gateway.get("/problems", **{**JSON, "If-None-Match": page})).status_code == 200


async def test_what_is_told_is_escaped() -> None:
    """Whatever a text holds, it stands in a page as a text; only backticks make something of it: code."""
    whole = description({})
    whole[PROBLEMS]["conflict"] |= {"title": "<b>", "meaning": "`<i>` & <script>", "remedy": "\"'"}
    page = Pages(whole)._problems["conflict"][False].body.decode()
    assert "<title>&lt;b&gt;</title>" in page
    assert "<p><code>&lt;i&gt;</code> &amp; &lt;script&gt;</p>" in page
    assert "<p>&quot;&#x27;</p>" in page


def test_the_browser_comes_with_its_papers() -> None:
    """What others wrote has its licence and its version beside it."""
    folder = STATIC / "swagger-ui"
    assert "Apache License" in (folder / "LICENSE").read_text("utf-8")
    assert re.match(r"swagger-ui-dist \d+\.\d+\.\d+", (folder / "VERSION").read_text("utf-8"))
    assert (folder / "NOTICE").read_text("utf-8").startswith("swagger-ui")


def test_the_wheel_has_it_all(tmp_path: Path) -> None:
    """What is installed serves the same pages as the checkout."""
    for name in (".gitignore", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "gateway", tmp_path / "gateway", ignore=shutil.ignore_patterns("__pycache__"))
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    subprocess.run(build, cwd=tmp_path, check=True, capture_output=True)  # noqa: S603  # our own words
    [wheel] = (tmp_path / "dist").glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    kept = [one for one in (ROOT / "gateway" / "web").rglob("*") if "__pycache__" not in one.parts]
    assert {str(one.relative_to(ROOT)) for one in kept if one.is_file()} <= packed
