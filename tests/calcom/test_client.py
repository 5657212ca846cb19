"""The client against a made-up network: what is sent, what is tried again, what each failure means."""

import inspect
import logging
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from gateway.calcom.budget import Budget
from gateway.calcom.client import LARGEST_BYTES, MAYBE_SENT, NOT_CONNECTED, NOTHING_SENT, Client, Timing
from gateway.domain.booking import By, Status
from gateway.domain.command import Action, Command
from gateway.http import httpx
from gateway.ports import CalCom, Limited, Missing, Rejected, Unknown, Unsent
from tests.calcom import bodies

NOW = datetime(2030, 5, 1, 8, tzinfo=UTC)
KEY = "cal_live_0123456789"
COMMAND = Command("c1", bodies.UID, bodies.UID, Action.ACCEPT, By("host"), NOW)
PENDING = bodies.success(bodies.listed())
FAILURES = [one for one in vars(httpx).values() if inspect.isclass(one) and issubclass(one, Exception)]

Handler = Callable[[httpx.Request], httpx.Response]


class Network:
    """Answers in turn with what it was given (the last for ever), and remembers what was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """One exchange."""
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def client(network: Handler, budget: Budget | None = None) -> Client:
    """A client in that network, whose steady clock stands still."""
    timing = Timing(now=lambda: NOW, monotonic=lambda: 1000.0, between_tries=0.0)
    transport = httpx.MockTransport(network)
    return Client("https://api.example.com/v2/", KEY, timing, budget or Budget(), transport)


def failure(kind: type[Exception]) -> Exception:
    """An exception of httpx's of that class, with a key in its text."""
    if issubclass(kind, httpx.HTTPStatusError):
        request = httpx.Request("GET", "https://api.example.com")
        return kind(KEY, request=request, response=httpx.Response(500))
    silent = (httpx.StreamConsumed, httpx.StreamClosed, httpx.ResponseNotRead, httpx.RequestNotRead)
    return kind() if issubclass(kind, silent) else kind(KEY)


async def test_look() -> None:
    """A look is one GET with the key and the version, and comes back as an observation."""
    network = Network(httpx.Response(200, content=PENDING))
    calcom: CalCom = client(network)
    assert (await calcom.look(bodies.UID, "look")).status is Status.PENDING
    (request,) = network.asked
    assert str(request.url) == f"https://api.example.com/v2/bookings/{bodies.UID}"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["cal-api-version"] == "2024-08-13"


async def test_act() -> None:
    """An accept is one POST of an empty object."""
    network = Network(httpx.Response(200, content=bodies.success(bodies.listed(status="accepted"))))
    assert (await client(network).act(COMMAND)).status is Status.ACCEPTED
    (request,) = network.asked
    assert (request.method, request.content) == ("POST", b"{}")
    assert request.headers["content-type"] == "application/json"
    assert str(request.url) == f"https://api.example.com/v2/bookings/{bodies.UID}/confirm"


@pytest.mark.parametrize("kind", FAILURES, ids=lambda kind: kind.__name__)
async def test_every_failure_is_mapped(kind: type[Exception]) -> None:
    """No exception of the HTTP library gets out, and none is taken for harmless that is not."""
    assert issubclass(kind, (*NOTHING_SENT, *MAYBE_SENT))
    expected = Unsent if issubclass(kind, NOTHING_SENT) else Unknown
    with pytest.raises(expected) as caught:
        await client(Network(failure(kind))).act(COMMAND)
    assert str(caught.value) == kind.__name__


@pytest.mark.parametrize("kind", FAILURES, ids=lambda kind: kind.__name__)
async def test_a_look_that_failed_did_nothing(kind: type[Exception]) -> None:
    """However a look fails, nothing has reached Cal.com that could change anything."""
    with pytest.raises(Unsent):
        await client(Network(failure(kind))).look(bodies.UID, "look")


@pytest.mark.parametrize("kind", FAILURES, ids=lambda kind: kind.__name__)
async def test_what_is_tried_again(kind: type[Exception]) -> None:
    """Three tries if there was no connection, one in every other case."""
    network = Network(failure(kind))
    with pytest.raises((Unsent, Unknown)):
        await client(network).act(COMMAND)
    assert len(network.asked) == (3 if issubclass(kind, NOT_CONNECTED) else 1)


async def test_a_connection_at_the_third_try() -> None:
    """A service that comes up meanwhile is reached within the same call."""
    network = Network(httpx.ConnectError(""), httpx.ConnectTimeout(""), httpx.Response(200, content=PENDING))
    assert (await client(network).look(bodies.UID, "look")).uid == bodies.UID


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(502, content=b"<html>"),
        httpx.Response(307, headers={"location": "https://elsewhere.example.com"}),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, content=b'{"status":"error"}'),
        httpx.Response(200, content=b" " * (LARGEST_BYTES + 1) + PENDING),
    ],
)
async def test_an_answer_that_proves_nothing(answer: httpx.Response) -> None:
    """After an act it is unknown what happened; a look is merely to be repeated. Redirects are not followed."""
    network = Network(answer)
    with pytest.raises(Unknown):
        await client(network).act(COMMAND)
    assert len(network.asked) == 1
    with pytest.raises(Unsent):
        await client(Network(httpx.Response(answer.status_code, content=b"<html>"))).look(bodies.UID, "look")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx.Response(429), Limited),
        (
            httpx.Response(404, content=bodies.envelope(f"Booking with uid={bodies.UID} was not found")),
            Missing,
        ),
        (httpx.Response(401), Rejected),
        (httpx.Response(498), Rejected),
    ],
)
@pytest.mark.parametrize("acting", [True, False])
async def test_refusals(answer: httpx.Response, expected: type[Exception], acting: bool) -> None:
    """What Cal.com clearly says, it says to looks and acts alike."""
    caller = client(Network(httpx.Response(answer.status_code, content=answer.content)))
    with pytest.raises(expected):
        await (caller.act(COMMAND) if acting else caller.look(bodies.UID, "look"))


async def test_too_many_calls_block_the_credential() -> None:
    """After a 429 nothing more is sent until Cal.com's own time has passed."""
    network = Network(httpx.Response(429, headers={"X-RateLimit-Reset-Default": "42"}))
    caller = client(network)
    for _ in range(3):
        with pytest.raises(Limited) as caught:
            await caller.act(COMMAND)
        assert caught.value.seconds == 42
    assert len(network.asked) == 1


async def test_no_waiting_for_the_budget() -> None:
    """A spent budget is told at once, and nothing is sent."""
    budget = Budget()
    assert all(budget.take("command", 990.0) == 0 for _ in range(90))
    network = Network(httpx.Response(200, content=PENDING))
    with pytest.raises(Limited) as caught:
        await client(network, budget).look(bodies.UID, "look")
    assert (caught.value.seconds, network.asked) == (50.0, [])


async def test_what_cal_com_says_is_left() -> None:
    """Each answer corrects the budget: others may use the same key."""
    headers = {"X-RateLimit-Remaining-Default": "25", "X-RateLimit-Reset-Default": "30"}
    caller = client(Network(httpx.Response(200, content=PENDING, headers=headers)))
    await caller.look(bodies.UID, "look")
    with pytest.raises(Limited) as caught:
        await caller.look(bodies.UID, "look")
    assert caught.value.seconds == 30


async def test_one_log_line_a_call(caplog: pytest.LogCaptureFixture) -> None:
    """It has the route's pattern, the status and the time; no uid, no key, no body, from no library either."""
    caplog.set_level(logging.INFO)
    with capture_logs() as lines:
        await client(Network(httpx.Response(200, content=PENDING))).look(bodies.UID, "look")
    expected = {"event": "calcom.called", "route": "/bookings/{uid}", "status": 200, "milliseconds": 0}
    assert lines == [{**expected, "problem": None, "log_level": "info"}]
    assert bodies.UID not in caplog.text


async def test_the_log_of_a_failure() -> None:
    """A call without an answer is logged with the name of what went wrong, whose text may hold the key."""
    with capture_logs() as lines, pytest.raises(Unknown):
        await client(Network(httpx.LocalProtocolError(f"Illegal header value b'Bearer {KEY}'"))).act(COMMAND)
    assert [(line["status"], line["problem"]) for line in lines] == [(None, "LocalProtocolError")]
    assert KEY not in str(lines)


async def test_no_proxy_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key goes to Cal.com and nowhere else."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:8080")
    assert not client(Network(httpx.Response(200)))._http.trust_env


async def test_aclose() -> None:
    """A closed client has closed its connections."""
    caller = client(Network(httpx.Response(200)))
    await caller.aclose()
    assert caller._http.is_closed
