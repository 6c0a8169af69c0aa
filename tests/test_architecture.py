"""The walls of the house: who may import what, where threads and pickles may be, and how long things may grow."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QT = {"PySide6", "PySide2", "PyQt6", "PyQt5", "shiboken6", "pyqtgraph", "qtawesome", "qtpy"}
TENSORFLOW = {"tensorflow", "keras"}
TENSORFLOW_FILES = {
    "engine/bench/keras_tensorflow.py",
    "engine/datasets/keras_download.py",
    "engine/verification/twin.py",
}
COMPARED = {"torch": "engine/bench/pytorch.py", "sklearn": "engine/bench/scikit_learn.py"}
WORKERS = {
    "joblib": "engine/sweep/processes.py",
    "distributed": "engine/sweep/cluster.py",
    "openTSNE": "engine/map/tsne.py",
}
THREADS = {"threading", "_thread", "concurrent", "multiprocessing", "asyncio"}
QT_THREADS = {"QThread", "QThreadPool", "QRunnable", "QtConcurrent"}
THREAD_FILE, ENGINE_THREAD_FILE = "gui/worker.py", "engine/threads.py"
# These start nothing: the one keeps what the other thread will hand over, the other asks which thread it is in.
ASKS_ABOUT_THREADS = {
    "engine/batches.py": {("concurrent.futures", "Future")},
    "engine/runs/keeper.py": {("concurrent.futures", "Future")},
    "engine/terminal/signals.py": {("threading", "")},
}
PICKLE_READERS = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
PICKLE_FILES = {"engine/article_file.py", "engine/data_only_pickle.py"}
MAX_FILE, MAX_FUNCTION = 300, 60


@cache
def sources(folder: str) -> tuple[str, ...]:
    """Return the Python files of a folder, as paths from the root."""
    return tuple(sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*.py")))


PROGRAM = ("main.py", *sources("engine"), *sources("gui"))


@cache
def tree(path: str) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), path)


def imports(node: ast.AST, path: str) -> Iterator[tuple[str, str]]:
    """Yield module and name of every import at or below a node, relative ones made absolute."""
    for found in ast.walk(node):
        if isinstance(found, ast.Import):
            yield from ((alias.name, "") for alias in found.names)
        elif isinstance(found, ast.ImportFrom):
            package = Path(path).parent.parts[: len(Path(path).parts) - found.level] if found.level else ()
            module = ".".join([*package, *([found.module] if found.module else [])])
            yield from ((module, alias.name) for alias in found.names)


def tops(path: str) -> set[str]:
    """Return the top-level packages that a file imports anywhere in it."""
    return {module.split(".")[0] for module, _ in imports(tree(path), path)}


def at_load_time(path: str) -> set[str]:
    """Return the top-level packages that are imported when the file itself is imported."""

    def outer(node: ast.AST) -> Iterator[ast.AST]:
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                yield child
                yield from outer(child)

    lines = [node for node in outer(tree(path)) if isinstance(node, ast.Import | ast.ImportFrom)]
    return {module.split(".")[0] for line in lines for module, _ in imports(line, path)}


def run(code: str) -> str:
    """Run a program in a process of its own; return what it printed."""
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def for_each(paths: Iterable[str]) -> Callable[[Callable[[str], None]], Callable[[], None]]:
    """Make one test of a check of many files: thousands of tests would take a minute for nothing."""

    def wrap(check: Callable[[str], None]) -> Callable[[], None]:
        def test() -> None:
            wrong = {}
            for path in paths:
                try:
                    check(path)
                except AssertionError as error:
                    wrong[path] = str(error)
            assert not wrong

        test.__name__ = check.__name__
        return test

    return wrap


def test_the_walk_sees_the_files() -> None:
    assert {"main.py", "engine/training.py", "engine/datasets/split.py", THREAD_FILE, ENGINE_THREAD_FILE} <= set(
        PROGRAM
    )
    assert {"numpy", "engine"} <= tops("engine/training.py")
    assert "PySide6" in tops(THREAD_FILE)


@for_each(sources("engine"))
def test_the_engine_knows_nothing_of_windows(path: str) -> None:
    assert not tops(path) & (QT | {"gui", "main", "tests"})


@for_each(sources("gui"))
def test_the_window_imports_only_the_engine_and_itself(path: str) -> None:
    assert not tops(path) & {"main", "tests"}


@for_each(PROGRAM)
def test_tensorflow_is_imported_late_and_in_its_own_file_only(path: str) -> None:
    assert not at_load_time(path) & TENSORFLOW
    if path not in TENSORFLOW_FILES:
        assert not tops(path) & TENSORFLOW


@for_each(PROGRAM)
def test_other_libraries_are_compared_with_and_nothing_else(path: str) -> None:
    assert not at_load_time(path) & set(COMPARED)
    assert not [name for name in tops(path) & set(COMPARED) if COMPARED[name] != path]


@for_each(PROGRAM)
def test_what_is_slow_to_import_is_imported_late_and_in_its_own_file_only(path: str) -> None:
    assert not at_load_time(path) & set(WORKERS)
    assert not [name for name in tops(path) & set(WORKERS) if WORKERS[name] != path]


@for_each([path for path in PROGRAM if path.startswith("engine/") and path != ENGINE_THREAD_FILE])
def test_one_file_of_the_engine_knows_threads(path: str) -> None:
    found = {pair for pair in imports(tree(path), path) if pair[0].split(".")[0] in THREADS}
    assert found <= ASKS_ABOUT_THREADS.get(path, set())


@for_each([path for path in sources("gui") if path != THREAD_FILE])
def test_one_file_of_the_window_knows_threads(path: str) -> None:
    assert not tops(path) & THREADS
    assert not {name for _, name in imports(tree(path), path)} & QT_THREADS
    attributes = {node.attr for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)}
    assert not attributes & (QT_THREADS | {"moveToThread"})


@for_each(PROGRAM)
def test_no_pickle_is_ever_loaded(path: str) -> None:
    found = {(module, name) for module, name in imports(tree(path), path) if module.split(".")[0] in PICKLE_READERS}
    found = {(module, name) for module, name in found if not module.startswith("joblib.externals")}  # it reads no files
    # The one exception is the name of the error: what reads the article's files cannot run anything.
    assert found <= {("pickle", "UnpicklingError")}
    assert path in PICKLE_FILES or not found
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert isinstance(node.value, ast.Constant)
            assert node.value.value is False
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("eval", "exec", "__import__")


@for_each(PROGRAM)
def test_files_and_functions_stay_short(path: str) -> None:
    assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) < MAX_FILE
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= MAX_FUNCTION, f"{node.name} has {length} lines"


def public(path: str) -> Iterator[tuple[str, ast.AST, bool]]:
    """Yield what a file offers: name, node, and whether it is a method."""
    for node in tree(path).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node.name, node, False
            members = node.body if isinstance(node, ast.ClassDef) else []
            for member in members:
                if isinstance(member, ast.FunctionDef) and not member.name.startswith("_"):
                    yield member.name, member, True


def is_setter(node: ast.AST) -> bool:
    """Say whether a method is the setter of a property, which its getter describes."""
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef) else []
    return any(isinstance(decorator, ast.Attribute) and decorator.attr == "setter" for decorator in decorators)


@for_each(PROGRAM)
def test_everything_public_says_what_it_is(path: str) -> None:
    assert ast.get_docstring(tree(path)), "the file itself"
    offered = list(public(path))
    described = {name for name, node, _ in offered if ast.get_docstring(node)}  # type: ignore[arg-type]
    # An override may leave the words to the method it overrides, where both stand in one file.
    silent = [
        name
        for name, node, method in offered
        if not ast.get_docstring(node) and not is_setter(node) and not (method and name in described)  # type: ignore[arg-type]
    ]
    assert not silent


@for_each(sources("gui"))
def test_signals_are_connected_to_what_lives_in_a_thread(path: str) -> None:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "connect":
            assert not any(isinstance(argument, ast.Lambda) for argument in node.args), f"line {node.lineno}"


@for_each(sources("tests"))
def test_tests_wait_for_what_happens_and_are_never_skipped(path: str) -> None:
    names = {node.attr for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)}
    assert not names & {"sleep", "xfail", "importorskip", "skip", "skipif"}


def test_tests_are_flat() -> None:
    assert not [path for path in sources("tests") if path.count("/") > 1]
    assert not (ROOT / "tests/__init__.py").exists(), "a package tests would hide what it is named after"


def test_no_file_names_a_place_on_one_machine() -> None:
    place = re.compile(r"(?<![\w.:/])(/(?:home|Users|work|root|tmp)/|[A-Z]:\\\\?Users\\)\w")
    texts = [
        *PROGRAM,
        *sources("tests"),
        *(path.relative_to(ROOT).as_posix() for path in ROOT.glob("*.*") if path.is_file()),
    ]
    texts += [path.relative_to(ROOT).as_posix() for path in (ROOT / ".ci").glob("*")]
    found = [path for path in texts if place.search((ROOT / path).read_text(encoding="utf-8"))]
    assert not found


BLOCKED = """
import importlib, pkgutil, sys
class Wall:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {names!r}:
            raise ImportError(name + " is walled off")
sys.meta_path.insert(0, Wall())
import {package}
modules = [module.name for module in pkgutil.walk_packages({package}.__path__, "{package}.")]
for name in modules:
    importlib.import_module(name)
print(len(modules))
"""


def test_all_of_the_engine_can_be_imported_without_qt_and_tensorflow() -> None:
    printed = run(BLOCKED.format(names=QT | TENSORFLOW | set(COMPARED) | {"gui"}, package="engine"))
    assert int(printed) >= len([path for path in sources("engine") if not path.endswith("__init__.py")])


def test_all_of_the_window_can_be_imported_without_tensorflow() -> None:
    printed = run(BLOCKED.format(names=TENSORFLOW, package="gui"))
    assert int(printed) >= len([path for path in sources("gui") if not path.endswith("__init__.py")])


def test_the_front_door_imports_nothing_heavy() -> None:
    heavy = sorted(QT | TENSORFLOW | {"numpy", "pydantic", "PIL"})
    code = f"import sys, main; print(*sorted(set(sys.modules) & set({heavy!r})))"
    assert run(code).split() == []
