"""POST /webhooks/calcom: the raw bytes and the signature go to intake, its receipt goes back.

Never a redirect and never 410: Cal.com takes both for a reason to stop sending.
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.calcom.signature import HEADER
from gateway.services.intake import Intake
from gateway.web.door import body_of

MOST = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Hooks:
    """The door Cal.com knocks at."""

    intake: Intake
    account: str

    async def receive(self, request: Request) -> Response:
        """Answers once the delivery is on disk: `{"delivery", "verdict"}`."""
        body = await body_of(request, MOST)
        signatures = request.headers.getlist(HEADER)
        receipt = await self.intake.receive(self.account, body, signatures, request.headers)
        return JSONResponse({"delivery": receipt.delivery, "verdict": receipt.verdict})
