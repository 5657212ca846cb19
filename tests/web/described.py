"""The description as a yardstick: says of any answer whether the document has it, and remembers what it has seen.

It hangs on a client, so that every answer which a test gets is measured, whatever else the test is about.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from gateway.http import httpx
from tests.stories.cast import CalCom, Gateway, Portal

Json = dict[str, Any]
Operation = tuple[str, str]
TOLD = ("allow", "etag", "location", "retry-after", "www-authenticate", "x-request-id")
"""The headers that a caller is to rely on: none of them comes undescribed."""


FILLED = {"{code}": "conflict", "{folder}": "pages", "{file}": "page.css", "{id}": "1", "{uid}": "none"}
"""What stands in a path unless a test says otherwise."""


@dataclass
class Described:
    """A document, and the answers (operation, status, problem's code) that were measured by it."""

    document: Json
    seen: list[tuple[Operation, int, str | None]] = field(default_factory=list)

    @property
    def operations(self) -> dict[Operation, Json]:
        """Every operation by method and path."""
        paths = self.document["paths"].items()
        return {(method.upper(), path): one for path, whole in paths for method, one in whole.items()}

    async def measure(self, answer: httpx.Response) -> None:
        """Fail unless the document has this answer. For a client's `event_hooks`."""
        await answer.aread()
        operation = self.operation(answer.request)
        told = self.answer(operation, answer.status_code)
        self.headers_fit(told, answer)
        self.content_fits(told, answer)
        problem = answer.headers.get("content-type") == "application/problem+json"
        self.seen.append((operation, answer.status_code, answer.json()["code"] if problem else None))

    def operation(self, request: httpx.Request) -> Operation:
        """Which operation is meant; one without a path or method of the document's is named as it came."""
        path = request.url.raw_path.decode().partition("?")[0]
        for template in sorted(self.document["paths"], key=lambda one: one.count("{")):
            if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)), path):
                return request.method, template
        return request.method, path

    def answer(self, operation: Operation, status: int) -> Json:
        """What the document says of an operation's answer; of a path or method it lacks, what it says in general."""
        if operation in self.operations:
            responses = self.operations[operation]["responses"]
            assert str(status) in responses, f"{operation} is not described to answer {status}"
            return self.resolved(responses[str(status)])
        known = operation[1] in self.document["paths"]
        assert status == (405 if known else 404), f"{operation} is not described, and answers {status}"
        return dict(self.document["components"]["responses"]["MethodNotAllowed" if known else "NotFound"])

    def headers_fit(self, told: Json, answer: httpx.Response) -> None:
        """Every header that is described as required is there, each is as described, and none is left out."""
        described = {name.lower(): self.resolved(one) for name, one in told.get("headers", {}).items()}
        lacking = [name for name, one in described.items() if one["required"] and name not in answer.headers]
        assert lacking == []
        assert [name for name in TOLD if name in answer.headers and name not in described] == []
        for name in described.keys() & answer.headers.keys():
            schema, value = described[name]["schema"], answer.headers[name]
            self.fits(schema, int(value) if schema.get("type") == "integer" else value)

    def content_fits(self, told: Json, answer: httpx.Response) -> None:
        """The body is of a described media type, and JSON is of the described shape."""
        media = answer.headers.get("content-type", "").partition(";")[0]
        described = told.get("content", {})
        assert (media or None) in (described or [None]), f"{media} is not described"
        if media.endswith("json"):
            self.fits(described[media]["schema"], answer.json())

    def fits(self, schema: Any, value: object) -> None:
        """Fail unless the value is as the schema says, its formats included."""
        wrong = self.errors(schema, value)
        assert wrong == [], f"{wrong}\n{json.dumps(value, indent=1)}"

    def errors(self, schema: Any, value: object) -> list[str]:
        """What is wrong with a value."""
        whole = {"allOf": [schema], "components": self.document["components"]}
        found = Draft202012Validator(whole, validate_formats=True).iter_errors(value)
        return [f"{one.instance_path}: {one.message}" for one in found]

    def resolved(self, value: Json) -> Json:
        """What a reference stands for."""
        while "$ref" in value:
            found: Any = self.document
            for part in value["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            value = found
        return value

    def codes(self, response: Json) -> set[str]:
        """The problems that an answer may be."""
        content = self.resolved(response).get("content", {}).get("application/problem+json", {})
        schema = content.get("schema", {})
        kinds = [self.resolved(one) for one in schema.get("oneOf", [schema] if schema else [])]
        return {kind["properties"]["code"]["const"] for kind in kinds}


@dataclass
class Walk:
    """The gateway with a yardstick on its line."""

    gateway: Gateway
    sandbox: CalCom
    described: Described
    monkeypatch: pytest.MonkeyPatch

    @property
    def maya(self) -> Portal:
        """The doors as the mentor Maya meets them."""
        return self.gateway.host()

    @property
    def portal(self) -> Portal:
        """The doors as the portal's backend meets them."""
        return self.gateway.service()

    def where(self, status: int) -> set[Operation]:
        """The operations that are described to answer so."""
        operations = self.described.operations.items()
        return {operation for operation, one in operations if str(status) in one["responses"]}

    async def every(self, status: int, caller: Portal, **more: Any) -> list[httpx.Response]:
        """Ask, in the same way, all operations that may answer so."""
        return [await self.ask(operation, caller, **more) for operation in sorted(self.where(status))]

    async def ask(self, operation: Operation, caller: Portal, **more: Any) -> httpx.Response:
        """Ask one operation."""
        method, path = operation
        for name, value in FILLED.items():
            path = path.replace(name, value)
        return await caller.call(method, path, **more)
