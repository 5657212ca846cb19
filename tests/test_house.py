"""The rules of the house, read from the source: who may import whom, how long things are, which words stand where.

Reads files only; a module that does not exist yet breaks nothing.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent

STOREYS = (
    "__main__", "cli", "compare", "screen", "record", "replay", "fixtures", "demo", "app", "listening", "worker", "web", "services",
    "calcom", "store", "ports", "records", "settings", "sections", "telemetry", "http", "domain",
)  # fmt: skip
"""From roof to foundation; imports point down. `sandbox` stands apart."""

WORLDLY = {"gateway.calcom.client", "gateway.store.backup", "gateway.store.runner", "gateway.store.sqlite"}

CLOCK_AND_CHANCE = re.compile(
    r"datetime\.now|datetime\.utcnow|\btime\.time\(|\btime\.monotonic|\buuid4\b|(?<![.\w])(?:random\b|secrets\.)"
)
CALCOM_WORDS = re.compile(
    r"\b(?:triggerEvent|startTime|endTime|eventTypeId|eventTypeSlug|organizer|rescheduleUid|rescheduledBy"
    r"|rescheduledFromUid|rescheduledToUid|rootBookingUid|recurringBookingUid|iCalUID|cancellationReason"
    r"|rejectionReason|hideOrganizerEmail|oneTimePassword|updatedAt|afterUpdatedAt|cal-api-version"
    r"|x-cal-signature-256)\b",
    re.IGNORECASE,
)


def test_imports_point_down() -> None:
    """A module imports its own storey and those below it, never one above."""
    upward = [
        f"{module} imports {target}"
        for module, target in own_imports()
        if not target.startswith("gateway.sandbox") and storey(target) < storey(module)
    ]
    assert upward == []


def test_every_module_has_a_storey() -> None:
    """A new top-level module is given its place in the list, or it is in the wrong place."""
    homeless = [name for name in modules() if storey_name(name) not in {*STOREYS, "sandbox", "gateway"}]
    assert homeless == []


def test_what_touches_the_world_has_one_importer() -> None:
    """Sockets and databases are opened where the program is wired, and nowhere else."""
    others = [
        pair
        for pair in own_imports()
        if pair[1] in WORLDLY and pair[0] not in WORLDLY and storey_name(pair[0]) != "app"
    ]
    assert others == []


def test_the_sandbox_has_few_guests() -> None:
    """Only the command line and the demo's wiring know the stand-in Cal.com."""
    guests = {storey_name(module) for module, target in own_imports() if target.startswith("gateway.sandbox")}
    assert guests <= {"cli", "demo"}


def test_no_import_cycles() -> None:
    """Some order exists in which every module comes after what it imports."""
    graph = {module: imports(module) & modules().keys() for module in modules()}
    assert len(list(TopologicalSorter(graph).static_order())) == len(modules())


def test_the_domain_needs_the_standard_library_only() -> None:
    """What is true and what is allowed depends on no other package."""
    foreign = {
        "pydantic",
        "structlog",
        "starlette",
        "sqlite_utils",
        "sqlite3",
        "tenacity",
        "jwt",
        "typer",
        "rich",
    }
    found = [
        f"{module} imports {target}"
        for module in modules()
        for target in imports(module)
        if storey_name(module) == "domain" and target.split(".")[0] in foreign
    ]
    assert found == []


def test_httpx_has_one_door() -> None:
    """A change of HTTP client is a change of one file."""
    users = {module for module in modules() for name in imports(module) if name.split(".")[0] == "httpx"}
    assert users <= {"gateway.http"}


def test_functions_are_short() -> None:
    """Median at most 8 lines, nine in ten at most 25, none over 50, signature and docstring included."""
    lengths = sorted(length for _, length in functions())
    too_long = [f"{name} ({length} lines)" for name, length in functions() if length > 50]
    assert too_long == []
    assert median(lengths) <= 8
    assert lengths[int(len(lengths) * 0.9)] <= 25


def test_files_are_short() -> None:
    """No room has more than 300 lines."""
    lengths = {module: len(file.read_text("utf-8").splitlines()) for module, file in modules().items()}
    assert {module: length for module, length in lengths.items() if length > 300} == {}


def test_every_module_says_what_it_does() -> None:
    """Every module opens with a docstring."""
    silent = [module for module in modules() if not ast.get_docstring(tree(module))]
    assert silent == []


def test_clock_and_chance_are_in_one_place() -> None:
    """Time, identity and chance come in as arguments; `app.py` is where they come from."""
    exempt = {"app", "demo", "sandbox"}
    found = [
        f"{module}: {word}"
        for module in modules()
        if storey_name(module) not in exempt
        for word in CLOCK_AND_CHANCE.findall(code(module, texts=False))
    ]
    assert found == []


def test_calcom_words_stay_with_calcom() -> None:
    """No other part names one of Cal.com's fields; comments and docstrings may cite them."""
    found = [
        f"{module}: {word}"
        for module in modules()
        if storey_name(module) not in {"calcom", "sandbox"}
        for word in CALCOM_WORDS.findall(code(module, texts=True))
    ]
    assert found == []


@cache
def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name; a package's own file by the package's."""
    files = sorted((ROOT / "gateway").rglob("*.py"))
    return {dotted(file.relative_to(ROOT).with_suffix("")): file for file in files}


def dotted(path: Path) -> str:
    """`gateway/web/auth` as `gateway.web.auth`."""
    return ".".join(part for part in path.parts if part != "__init__")


@cache
def tree(module: str) -> ast.Module:
    """A module's syntax."""
    return ast.parse(modules()[module].read_text("utf-8"))


def storey_name(module: str) -> str:
    """`web` for `gateway.web.auth`; `gateway` for the package itself."""
    return module.split(".")[min(1, module.count("."))]


def storey(module: str) -> int:
    """How far below the roof a module stands; one without a place counts as the roof."""
    return STOREYS.index(storey_name(module)) if storey_name(module) in STOREYS else 0


@cache
def imports(module: str) -> frozenset[str]:
    """What a module imports, wherever in it; the gateway's own as full module names."""
    found = {name for node in ast.walk(tree(module)) for name in imported(node, module)}
    return frozenset(found - {module})


def imported(node: ast.AST, module: str) -> Iterator[str]:
    """The modules that one statement imports."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        source = origin(node, module)
        inner = [f"{source}.{alias.name}" for alias in node.names]
        yield from (name if name in modules() else source for name in inner)


def origin(node: ast.ImportFrom, module: str) -> str:
    """The module after `from`, its leading dots resolved."""
    own_package = modules()[module].name == "__init__.py"
    parts = module.split(".")
    kept = parts[: len(parts) + own_package - node.level] if node.level else []
    return ".".join([*kept, *filter(None, [node.module])])


def own_imports() -> list[tuple[str, str]]:
    """Pairs (importer, imported) inside the package, but for what the sandbox imports."""
    return [
        (module, target)
        for module in modules()
        if storey_name(module) != "sandbox"
        for target in sorted(imports(module))
        if target.startswith("gateway.")
    ]


def functions() -> list[tuple[str, int]]:
    """Every function with its length in lines."""
    return [
        (f"{module}.{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1)
        for module in modules()
        for node in ast.walk(tree(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def code(module: str, *, texts: bool) -> str:
    """A module's code without comments and docstrings; without any text at all unless `texts`."""
    bare = ast.parse(modules()[module].read_text("utf-8"))
    for node in ast.walk(bare):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = ...
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not texts:
            node.value = ""
    return ast.unparse(bare)
