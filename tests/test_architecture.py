"""The shape of the code: who may import whom, what may happen where.

The layers are those of the list in ``services/__init__.py``. Each module may
import modules of its own package and of lower layers, never of a higher one.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import source
from tests.source import Module

LAYERS = (
    (
        "services.attachment",
        "services.domain",
        "services.departure",
        "services.texts",
        "services.categories",
    ),
    ("services.errors",),
    (
        "services.ports",
        "services.endpoints",
        "services.addresses",
        "services.settings",
        "services.integrity",
        "services.local_choice",
        "services.telemetry",
        "services.switches",
        "services.redaction",
        "services.window",
        "services.prices",
    ),
    ("services.routing", "services.backends", "services.egress", "services.history"),
    ("services",),  # conversation, api and what else stands above the four
    ("services.bootstrap", "services.models.command", "services.calibrate"),
    ("browser_tab",),
    ("chat",),
    ("app",),
    ("desktop",),
)
"""From the bottom up. A module belongs to the longest name that it begins with."""

SIBLINGS = LAYERS[3]
"""They meet only in ``services.bootstrap``, never directly."""

CHAINLIT = frozenset(
    {"app", "browser_tab", "chat", "services.history.chainlit_layer"}
    | {"launcher.serve", "desktop.serving"}
)
"""The only modules that know the interface's framework."""

INSIDE = frozenset({"launcher.serve", "launcher.lab"})
"""The modules of the launcher that run inside the environment."""

OPENAI = "services.backends"
OUTSIDE = "services.egress"
"""The gate, the only package that may open a connection."""

VOCABULARY = "httpx2"
"""The HTTP library of the gate and of the ``openai`` package."""

CLIENTS = frozenset(
    {"httpx", "httpx2", "requests", "aiohttp", "urllib3", "websockets", "websocket"}
    | {"urllib.request", "http.client", "ftplib", "smtplib", "telnetlib", "xmlrpc.client"}
)
DIALLING = frozenset(
    {"socket.create_connection", "socket.socket", "asyncio.open_connection"}
    | {"anyio.connect_tcp", "anyio.connect_udp"}
)
"""Calls that open a connection without any client library."""

MAX_MODULE_LINES = 300
MAX_FUNCTION_LINES = 50


def _known() -> frozenset[str]:
    return frozenset(module.name for module in source.product())


def _own_imports(module: Module) -> set[tuple[str, int]]:
    """Modules of ours that ``module`` imports, with the line."""
    known = _known()
    found = ((source.resolve(name, known), line) for name, line in module.imports())
    return {(name, line) for name, line in found if name not in {None, "services", module.name}}


def _layer(name: str) -> tuple[int, str]:
    """Number of the layer of ``name`` and the entry that it belongs to."""
    entries = [(len(entry), number, entry) for number, row in enumerate(LAYERS) for entry in row]
    fitting = [row for row in entries if f"{name}.".startswith(f"{row[2]}.")]
    _, number, entry = max(fitting)
    return number, entry


def _within(name: str, package: str) -> bool:
    return f"{name}.".startswith(f"{package}.")


def test_imports_point_downwards() -> None:
    """No module imports one of a higher layer."""
    wrong = [
        f"{module.place}:{line} imports {imported}"
        for module in source.product()
        for imported, line in sorted(_own_imports(module))
        if _layer(imported)[0] > _layer(module.name)[0]
    ]
    assert wrong == []


def test_neighbours_do_not_know_each_other() -> None:
    """Routing, backends, egress and history can each be replaced alone."""
    wrong = [
        f"{module.place}:{line} imports {imported}"
        for module in source.product()
        for imported, line in sorted(_own_imports(module))
        if _layer(module.name)[1] in SIBLINGS
        and _layer(imported)[1] in SIBLINGS
        and _layer(module.name)[1] != _layer(imported)[1]
    ]
    assert wrong == []


def test_there_are_no_import_cycles() -> None:
    """Every module can be understood with only what lies below it."""
    waiting = {
        module.name: {name for name, _ in _own_imports(module)} for module in source.product()
    }
    while free := {name for name, needs in waiting.items() if not needs & waiting.keys()}:
        for name in free:
            del waiting[name]
    assert waiting == {}


def test_chainlit_stays_at_the_edge() -> None:
    """The interface's framework is known to its adapters and to nothing else."""
    wrong = [
        f"{module.place}:{line}"
        for module in source.product() + source.bootstrap() + source.notebooks()
        for imported, line in module.imports()
        if _within(imported, "chainlit") and module.name not in CHAINLIT
    ]
    assert wrong == []


def test_the_openai_package_is_known_to_the_backends_alone() -> None:
    """A vendor's client is a detail of the backend that speaks its format."""
    wrong = [
        f"{module.place}:{line}"
        for module in source.product()
        for imported, line in module.imports()
        if _within(imported, "openai") and not _within(module.name, OPENAI)
    ]
    assert wrong == []


def test_only_the_gate_can_open_a_connection() -> None:
    """No other code holds a client library or dials by itself.

    The backends may name the types and errors of ``VOCABULARY``, as they
    translate the errors of the client that the gate lends them; they may make no
    client and send nothing with it.
    """
    wrong = []
    for module in source.product():
        if _within(module.name, OUTSIDE):
            continue
        lent = {VOCABULARY} if _within(module.name, OPENAI) else set()
        wrong += [
            f"{module.place}:{line} imports {imported}"
            for imported, line in module.imports()
            if any(_within(imported, client) for client in CLIENTS - lent) or imported in DIALLING
        ]
        wrong += [f"{module.place}:{line} calls {call}" for call, line in _dialled(module.tree)]
    assert wrong == []


VENDOR_CLIENTS = frozenset({"OpenAI", "AsyncOpenAI", "AzureOpenAI", "AsyncAzureOpenAI"})
HARMLESS = frozenset({f"{VOCABULARY}.Timeout", f"{VOCABULARY}.Limits"})
"""Values of the library that may be made anywhere: they connect nothing."""


def test_the_backends_make_no_http_client() -> None:
    """They name the library's types and errors, and call nothing of it that connects."""
    wrong = [
        f"{module.place}:{call.lineno} {ast.unparse(call.func)}"
        for module in source.product()
        if not _within(module.name, OUTSIDE)
        for call in _calls(module.tree)
        if (name := ast.unparse(call.func)).startswith(f"{VOCABULARY}.") and name not in HARMLESS
    ]
    wrong += [
        f"{module.place}:{line} imports {imported} by name"
        for module in source.product()
        if not _within(module.name, OUTSIDE)
        for imported, line in module.imports()
        if imported.startswith(f"{VOCABULARY}.")
    ]
    assert wrong == []


def test_the_vendors_client_sends_through_the_gate() -> None:
    """Each ``openai`` client is given an HTTP client; it would make its own otherwise."""
    wrong = []
    for module in source.product():
        for function in source.functions(module.tree):
            literal = {
                key.value
                for node in ast.walk(function)
                if isinstance(node, ast.Dict)
                for key in node.keys
                if isinstance(key, ast.Constant)
            }
            for call in _calls(function):
                given = {keyword.arg for keyword in call.keywords}
                lent = "http_client" in given or (None in given and "http_client" in literal)
                if ast.unparse(call.func).rpartition(".")[2] in VENDOR_CLIENTS and not lent:
                    wrong.append(f"{module.place}:{call.lineno}")
    assert wrong == []


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _dialled(tree: ast.AST) -> list[tuple[str, int]]:
    """Uses of the functions in ``DIALLING``, and of the loop's own."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            name = ast.unparse(node)
            if name in DIALLING or node.attr == "create_connection":
                found.append((name, node.lineno))
    return found


def test_the_product_does_not_need_its_workshop() -> None:
    """Training code, models, notebooks and tests are not imported by what people run."""
    wrong = [
        f"{module.place}:{line} imports {imported}"
        for module in source.product() + source.bootstrap()
        for imported, line in module.imports()
        if any(_within(imported, name) for name in ("training", "models", "notebooks", "tests"))
    ]
    assert wrong == []


def test_the_bootstrap_needs_only_the_standard_library() -> None:
    """It runs before anything is installed; the modules of ``INSIDE`` run afterwards."""
    wrong = [
        f"{module.place}:{line} imports {imported}"
        for module in source.bootstrap()
        for imported, line in module.imports()
        if imported.split(".")[0] not in sys.stdlib_module_names | {"launcher"}
        and module.name not in INSIDE
    ]
    assert wrong == []


def test_the_notebooks_use_the_services_and_open_nothing_themselves() -> None:
    """What their cells call reaches models through the services, and a server by loopback."""
    clients = CLIENTS | {"openai", *DIALLING} - {"socket.socket"}  # one looks for a free port
    wrong = [
        f"{module.place}:{line} imports {imported}"
        for module in source.notebooks()
        for imported, line in module.imports()
        if any(_within(imported, client) for client in clients)
    ]
    assert wrong == []


def test_run_py_parses_on_old_pythons() -> None:
    """Python 3.8 gets one sentence instead of a syntax error."""
    text = (source.ROOT / "run.py").read_text("utf-8")
    assert ast.parse(text, feature_version=(3, 8)).body


def test_there_is_no_global_state() -> None:
    """State lives in objects with an owner, never in a module."""
    wrong = [
        f"{module.place}:{node.lineno}"
        for module in source.product() + source.bootstrap()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Global)
    ]
    assert wrong == []


def test_no_module_is_too_long_to_read() -> None:
    """A module over 300 lines is two modules."""
    modules = source.product() + source.bootstrap() + source.notebooks()
    lengths = {module.place: module.text.count("\n") for module in modules}
    assert {place: n for place, n in lengths.items() if n > MAX_MODULE_LINES} == {}


def test_no_function_is_too_long_to_read() -> None:
    """A function over 50 lines does more than one thing."""
    wrong = [
        f"{module.place}:{function.lineno} {function.name}: {lines} lines"
        for module in source.product() + source.bootstrap() + source.notebooks()
        for function in source.functions(module.tree)
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > MAX_FUNCTION_LINES
    ]
    assert wrong == []


def test_every_test_states_a_behaviour() -> None:
    """Each test says in a sentence what must hold."""
    wrong = [
        f"{module.place}:{function.lineno} {function.name}"
        for module in source.tests()
        for function in source.functions(module.tree)
        if function.name.startswith("test_")
        and not (ast.get_docstring(function) or "").rstrip().endswith((".", "?", "!"))
    ]
    assert wrong == []


def test_test_names_do_not_hide_each_other() -> None:
    """A second test of the same name in one place would silently replace the first."""
    seen: dict[str, list[int]] = defaultdict(list)
    for module in source.tests():
        for scope in ast.walk(module.tree):
            if isinstance(scope, ast.Module | ast.ClassDef):
                for node in scope.body:
                    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                        name = getattr(scope, "name", "")
                        seen[f"{module.place} {name} {node.name}"].append(node.lineno)
    assert {name: lines for name, lines in seen.items() if len(lines) > 1} == {}


WATCHED_IMPORT = Path(__file__).parent / "watched_import.py"


def test_nothing_happens_at_import(tmp_path: Path) -> None:
    """Importing any module reads no file or variable, writes, connects and starts nothing.

    One fresh process imports every module once; what other people's packages do
    at their own import is theirs.
    """
    names = sorted(module.name for module in source.product() if _importable(module))
    child = subprocess.run(
        [sys.executable, str(WATCHED_IMPORT), str(source.ROOT), *names],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    assert json.loads(child.stdout.splitlines()[-1]) == []


def _importable(module: Module) -> bool:
    """Alembic runs its own files; they are no modules of the program.

    A window's parts are only for where there is a window.
    """
    start = module.name.partition(".")[0]
    return ".migrations." not in module.name and start not in {"app", "desktop"}


@pytest.mark.parametrize(
    ("program", "event"),
    [
        ("import os; KEY = os.environ.get('HOME')", "environ HOME"),
        ("from pathlib import Path; Path('x').write_text('x')", "open"),
        ("import socket; S = socket.create_server(('127.0.0.1', 0))", "socket.bind"),
        ("import subprocess; subprocess.run(['true'])", "subprocess.Popen"),
    ],
)
def test_the_watch_at_import_sees_what_it_must(tmp_path: Path, program: str, event: str) -> None:
    """The check above is able to fail."""
    (tmp_path / "services").mkdir()
    (tmp_path / "services" / "busy.py").write_text(program, "utf-8")
    child = subprocess.run(
        [sys.executable, str(WATCHED_IMPORT), str(tmp_path), "services.busy"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert any(event in line for line in json.loads(child.stdout.splitlines()[-1]))
