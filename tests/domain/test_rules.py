"""What the programme decides: its reasons, its event types, its hosts."""

import unicodedata

import pytest

from gateway.domain.errors import GatewayError, Invalid, Refused
from gateway.domain.facts import EventType
from gateway.domain.rules import Directory, HostEntry, Programme, Reason, labels, reason

LABELS = {"full": "My calendar is full", "topic": "Not my topic"}
CONTROLS = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))]
ROOM = 500 - len("My calendar is full: ")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (None, Reason("full", None, "My calendar is full")),
        ("", Reason("full", None, "My calendar is full")),
        (" \n ", Reason("full", None, "My calendar is full")),
        ("until May", Reason("full", "until May", "My calendar is full: until May")),
        ("  until May ", Reason("full", "until May", "My calendar is full: until May")),
    ],
    ids=["none", "empty", "blank", "words", "padded words"],
)
def test_text(words: str | None, expected: Reason) -> None:
    """Cal.com is sent the label, or the label, a colon and the host's own words."""
    assert expected == reason(LABELS, "full", words)


def length_sent(listed: dict[str, str], words: str | None) -> int | None:
    """How long the text sent is, or None when it is refused as too long."""
    try:
        return len(reason(listed, "full", words).text or "")
    except Invalid:
        return None


@pytest.mark.parametrize(("room", "expected"), [(ROOM - 1, 499), (ROOM, 500), (ROOM + 1, None)])
def test_longest_words(room: int, expected: int | None) -> None:
    """Label, colon and words have 500 characters together."""
    assert expected == length_sent(LABELS, "x" * room)


@pytest.mark.parametrize(("room", "expected"), [(500, 500), (501, None)])
def test_longest_label(room: int, expected: int | None) -> None:
    """A label alone may take up all of them, and no more."""
    assert expected == length_sent({"full": "x" * room}, None)


def test_too_long_names_its_field() -> None:
    """The portal is told which of its fields was wrong."""
    with pytest.raises(Invalid) as caught:
        reason(LABELS, "full", "x" * 500)
    assert (caught.value.code, [one["field"] for one in caught.value.members["errors"]]) == (
        "invalid",
        ["reason"],
    )


def test_removed_characters_need_no_room() -> None:
    """The length is that of what is sent."""
    assert length_sent(LABELS, "x" * ROOM + "\x00" * 50) == 500


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: f"U+{ord(control):04X}")
def test_control_characters(control: str) -> None:
    """No control character reaches Cal.com's mails, and the words around it do."""
    given = reason(LABELS, "full", f"until{control}May")
    sent = f"{given.words}{given.text}"
    assert [one for one in sent if unicodedata.category(one) == "Cc"] == []
    assert (given.text or "").replace("until May", "untilMay") == "My calendar is full: untilMay"


def test_other_characters_stay() -> None:
    """Letters of any script, signs and pictures are the host's own words."""
    words = "Grüße, 你好 👩‍💻 — ok?"
    assert words == reason(LABELS, "full", words).words


@pytest.mark.parametrize(
    ("code", "expected"),
    [(None, "reason-required"), ("", "reason-required"), ("none", "reason-unknown"), ("FULL", "reason-unknown")],
)  # fmt: skip
def test_reasons_that_are_refused(code: str | None, expected: str) -> None:
    """A rejection needs a reason from the list; the refusal shows the list."""
    with pytest.raises(Invalid) as caught:
        reason(LABELS, code, "words")
    assert (expected, ["full", "topic"]) == (caught.value.code, caught.value.members["reasons"])


def test_labels_keep_their_order() -> None:
    """Reasons are offered in the order of the settings."""
    assert list(labels([("z", "Last"), ("a", "First")])) == ["z", "a"]


@pytest.mark.parametrize(
    ("ours", "event_type", "expected"),
    [
        (set(), None, True),
        (set(), EventType(1), True),
        ({"1"}, EventType(1, "talk"), True),
        ({"talk"}, EventType(1, "talk"), True),
        ({"2", "chat"}, EventType(1, "talk"), False),
        ({"2"}, EventType(1), False),
        ({"chat"}, EventType(None, "talk"), False),
        ({"1"}, None, None),
        ({"1"}, EventType(None, None, "Talk"), None),
        ({"talk"}, EventType(1), None),
        ({"1"}, EventType(None, "talk"), None),
    ],
    ids=[
        "all, untold", "all", "by id", "by slug", "another", "another id", "another slug", "untold", "a title only", "an id beside slugs",
        "a slug beside ids",
    ],
)  # fmt: skip
def test_programme(ours: set[str], event_type: EventType | None, expected: bool | None) -> None:
    """Ours, not ours, or not to be told from what was said."""
    assert expected is Programme(frozenset(ours)).admits(event_type)


MARA = HostEntry(("mara@example.com", "m@example.com"), 7)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("mara@example.com", MARA),
        (" M@Example.com ", MARA),
        ("Olga@example.com", HostEntry(("olga@example.com",))),
    ],
    ids=["first address", "alias, spelt otherwise", "somebody else"],
)
def test_directory(address: str, expected: HostEntry) -> None:
    """A host comes with any address the settings name; anybody else with their own."""
    assert expected == Directory((MARA,)).entry(address)


@pytest.mark.parametrize("error", GatewayError.__subclasses__(), ids=lambda error: error.__name__)
def test_errors_have_a_sentence_each(error: type[GatewayError]) -> None:
    """An error raised without words shows its own sentence and its own code."""
    assert (error.__doc__, error.code) == (error().detail, error().code)
    assert [error] == [one for one in GatewayError.__subclasses__() if one.code == error.code]


def test_errors_carry_what_they_are_told() -> None:
    """A refusal may have another code, another sentence, and members of its own."""
    error = Refused("Too late.", code="started", decision=None)
    assert (error.detail, error.code, error.members) == ("Too late.", "started", {"decision": None})
