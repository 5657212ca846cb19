"""Bodies that may be shown to anybody: people, uids and what people wrote become stand-ins. Bytes in, bytes out. Pure.

One person has one stand-in throughout, numbered in the order of appearance; the same text has the same
stand-in, because the gateway compares texts (`payload.py`). A uid becomes another one, always the same: whoever knows
a uid can cancel its booking without a key. Numbers, dates, states and the programme's own words stay.
"""

import json
import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from gateway.calcom.fields import TO_MOVE, members, parse, text
from gateway.calcom.questions import OWN
from gateway.domain.people import fold

NAMES = ("name", "displayName", "username", "usernameInOrg", "firstName", "lastName")
ANSWERS = ("responses", "userFieldsResponses", "bookingFieldsResponses", "customInputs")
PROSE = (
    "additionalNotes", "description", "eventDescription", "notes", "cancellationReason", "rejectionReason",
    "rescheduleReason", "attendeeIcsContent", "organizerIcsContent",
)  # fmt: skip
"""What people wrote, and calendar files, which repeat it."""

UIDS = re.compile(r"(?i).*uid|fromReschedule|recurringEventId|attendeeSeatId")
ADDRESS = re.compile(r"([^\s@<>\"'`(),;:=&/\[\]{}\\]{1,64})@((?:[\w-]+\.)+\w+)")
PHONE = re.compile(r"\+\d[\d ().-]{5,18}\d")
TOKEN = re.compile(r"[A-Za-z0-9_-]{8,}")
PATH_PART = re.compile(r"(?<=[^/]/)[\w.-]+(?=[/?]|$)")
LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def uid(given: str) -> str:
    """The stand-in of a uid: 22 letters and digits, as Cal.com makes them."""
    number, letters = int(sha256(given.encode(errors="replace")).hexdigest(), 16), ""
    while len(letters) < 22:
        number, nth = divmod(number, len(LETTERS))
        letters += LETTERS[nth]
    return letters


class Standins:
    """Stand-ins for everybody in some bodies, which are learnt one after the other before the first is rewritten."""

    def __init__(self, bodies: Iterable[bytes]) -> None:
        self._people: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self._usernames: dict[str, str] = {}
        self._uids: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        for body in bodies:
            self._learn(_parsed(body))
        self._replaced = frozenset(self._uids.values())
        words = sorted(self._names, key=len, reverse=True)
        self._known = re.compile(
            r"(?<!\w)(?:" + "|".join(map(re.escape, words)) + r")(?!\w)" if words else "(?!)"
        )

    def mask(self, body: bytes) -> bytes:
        """The body with stand-ins; of one that is no JSON only addresses, known names and uids are replaced."""
        said = _parsed(body)
        if said is None:
            return self._string(body.decode(errors="surrogateescape")).encode(errors="surrogateescape")
        shown = self._shown(said)
        try:
            return json.dumps(shown, separators=(",", ":"), ensure_ascii=False).encode()
        except UnicodeEncodeError:  # half of an emoji: it can only be spelt as an escape
            return json.dumps(shown, separators=(",", ":")).encode()

    def _learn(self, value: Any) -> None:
        if isinstance(value, list):
            for one in value:
                self._learn(one)
        if not isinstance(value, dict):
            return
        self._meet(value)
        answered = members(value.get("responses"))
        self._meet({"name": _answer(answered.get("name")), "email": _answer(answered.get("email"))})
        for key, below in value.items():
            if UIDS.fullmatch(key) and isinstance(below, str) and below:
                self._uids.setdefault(below.partition("@")[0], uid(below.partition("@")[0]))
            self._learn(below)

    def _meet(self, value: Mapping[str, Any]) -> None:
        """Remember a person: whatever has an address. Its name counts in sentences too, whole and in words."""
        email, name, username = (text(value.get(key)) for key in ("email", "name", "username"))
        if email is None:
            return
        number = self._number(email)
        if username:
            self._usernames.setdefault(username, f"person{number}")
        if name:
            self._names.setdefault(name, f"Person {number}")
            for word in name.split():
                if len(word) > 2:
                    self._names.setdefault(word, f"Person {number}")

    def _number(self, email: str) -> int:
        return self._people.setdefault(fold(email), len(self._people) + 1)

    def _shown(self, value: Any, *, prose: bool = False) -> Any:
        match value:
            case dict():
                return {key: self._member(key, below, value, prose=prose) for key, below in value.items()}
            case list():
                return [self._shown(one, prose=prose) for one in value]
            case str():
                return self._prose(value) if prose else self._string(value)
        return value

    def _member(self, key: str, value: Any, among: Mapping[str, Any], *, prose: bool) -> Any:
        email = text(among.get("email"))
        if key in NAMES and email and text(value):
            return self._called(key, self._number(email))
        if key in ANSWERS and isinstance(value, dict):
            return {slug: self._answered(slug, given) for slug, given in value.items()}
        return self._shown(value, prose=prose or key in PROSE)

    def _called(self, key: str, number: int) -> str:
        parts = {"firstName": "Person", "lastName": f"{number}"}
        return parts.get(key, f"person{number}" if key.startswith("username") else f"Person {number}")

    def _answered(self, slug: str, given: Any) -> Any:
        """An answer, bare or wrapped with its label, which is the programme's own and stays."""
        if isinstance(given, dict) and "label" in given:
            return given | ({"value": self._answered(slug, given["value"])} if "value" in given else {})
        return self._shown(given, prose=slug not in OWN or slug in PROSE)

    def _prose(self, told: str) -> str:
        """Words for words. Those that Cal.com puts before a reason for moving mean something, and stay."""
        reason = told.removeprefix(TO_MOVE.strip()).lstrip()
        if reason in ("", "undefined", "null"):
            return told
        return told.removesuffix(reason) + self._texts.setdefault(reason, f"Words {len(self._texts) + 1}")

    def _string(self, told: str) -> str:
        if PHONE.fullmatch(told):
            return self._texts.setdefault(told, f"+1555{len(self._texts) + 1:07d}")
        told = TOKEN.sub(lambda found: self._uids.get(found[0], found[0]), told)
        told = ADDRESS.sub(self._address, told)
        if told.startswith(("http://", "https://")):
            return PATH_PART.sub(lambda found: self._usernames.get(found[0], found[0]), told)
        if not re.search(r"\s", told):
            return self._names.get(told, told)
        return self._known.sub(lambda found: self._names[found[0]], told)

    def _address(self, found: re.Match[str]) -> str:
        """A calendar's id looks like an address: Cal.com's own are a uid at `Cal.com`."""
        if found[2] == "Cal.com" or found[1] in self._replaced:
            return found[0]
        return f"person{self._number(found[0])}@example.com"


def _parsed(body: bytes) -> Any:
    try:
        said = parse(body)
    except ValueError:
        return None
    return said if isinstance(said, dict | list) else None


def _answer(given: Any) -> Any:
    return given.get("value") if isinstance(given, dict) else given
