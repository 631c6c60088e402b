"""The rules of the house that a machine can check: what may import what, when, and what a kernel may contain."""

from __future__ import annotations

import ast
import builtins
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import callqual

PACKAGE = Path(callqual.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
KERNELS = sorted(path for path in (PACKAGE / "kernels").glob("*.py") if path.name not in ("__init__.py", "jit.py"))
HEAVY = ("numpy", "numba", "scipy", "librosa", "soundfile", "soxr", "av", "msgspec", "rich")
KERNEL_MODULES = {"np", "math"}
KERNEL_BUILTINS = {"range", "len", "min", "max", "abs", "int", "float", "bool", "round"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def imported(tree: ast.AST) -> set[str]:
    """Full names of the modules that the statements of `tree` import, at any depth."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def at_top(tree: ast.Module) -> ast.Module:
    """The statements that run when the module is imported."""
    body = [node for node in tree.body if not isinstance(node, (Function, ast.ClassDef))]
    body = [node for node in body if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test))]
    return ast.Module(body=body, type_ignores=[])


def test_the_tree_was_found():
    assert len(MODULES) > 20
    assert KERNELS


# Imports


def test_imports_point_down(monkeypatch):
    cli = pytest.importorskip("importlinter.cli", reason="import-linter comes with the extra 'dev'")
    monkeypatch.chdir(Path(__file__).parent.parent)
    assert cli.lint_imports(no_cache=True, no_logo=True) == 0


@pytest.mark.parametrize(
    "command",
    [
        ["-c", "import callqual; callqual.__version__; dir(callqual)"],
        ["-m", "callqual", "--version"],
        ["-m", "callqual", "--help"],
        ["-m", "callqual", "score", "--help"],
        ["-m", "callqual", "simulate", "--help"],
        ["-c", "import callqual; callqual.InputError"],
    ],
    ids=["import", "--version", "--help", "score --help", "simulate --help", "errors"],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(command):
    done = subprocess.run([sys.executable, "-X", "importtime", *command], capture_output=True, text=True, check=True)
    loaded = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert "callqual" in loaded
    assert not [name for name in loaded if name.split(".")[0] in HEAVY]


@pytest.mark.parametrize(
    ("library", "allowed"),
    [
        ("numba", ("kernels/jit.py",)),
        ("soundfile", ("audio/",)),
        ("soxr", ("audio/", "simulation/")),
        ("av", ("audio/", "simulation/")),
        ("rich", ("report/", "cli/progress.py")),
    ],
)
def test_a_library_has_one_home(library, allowed):
    users = [name_of(path) for path in MODULES if library in {name.split(".")[0] for name in imported(parse(path))}]
    assert users, f"nobody imports {library}: is this test out of date?"
    assert not [user for user in users if not user.startswith(allowed)]


def test_scipy_is_loaded_only_for_a_kernel_that_multiplies_matrices():
    program = (
        "import sys, numba, numpy as np, callqual\n"
        "callqual.score((np.zeros(8000, np.float32), 8000))\n"
        "assert 'numba.np.arraymath' in sys.modules or numba.config.DISABLE_JIT\n"
        "assert 'scipy.linalg' not in sys.modules\n"
        "assert numba.njit(lambda a: a @ a)(np.eye(2)).sum() == 2.0"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("slow", ["scipy.signal", "librosa", "av"])
def test_slow_libraries_are_loaded_inside_the_function_that_needs_them(slow):
    users = [name_of(path) for path in MODULES if slow in imported(at_top(parse(path)))]
    assert not users


# Public face


def test_all_names_exist_and_are_the_same_everywhere():
    tree = parse(PACKAGE / "__init__.py")
    checked = [node for node in tree.body if isinstance(node, ast.If)]
    typed = {alias.name for node in ast.walk(checked[0]) if isinstance(node, ast.ImportFrom) for alias in node.names}
    public = set(callqual.__all__)
    assert public == typed | {"__version__"} == set(callqual._HOMES) | {"__version__"} == set(dir(callqual))


def test_public_names_stay_what_they_are():
    """A submodule of the same name would take a function's place as soon as somebody imports it."""
    assert not set(callqual.__all__) & {path.stem for path in PACKAGE.iterdir()}
    for name in callqual.__all__:
        assert getattr(callqual, name) is getattr(callqual, name)
        assert not isinstance(getattr(callqual, name), ModuleType)


def test_a_wrong_name_is_told_the_right_ones():
    with pytest.raises(AttributeError, match=r"no attribute 'scores'; it has .*score"):
        callqual.scores  # noqa: B018


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_everything_public_has_a_docstring(path):
    tree = parse(path)
    missing = [] if ast.get_docstring(tree) else ["the module"]
    holders = [tree, *(node for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_"))]
    for holder in holders:
        for node in holder.body:
            if isinstance(node, (Function, ast.ClassDef)) and not node.name.startswith("_"):
                missing += [] if ast.get_docstring(node) else [node.name]
    assert not missing


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_the_command_line_prints(path):
    if name_of(path).startswith("cli/"):
        return
    called = [node.func for node in ast.walk(parse(path)) if isinstance(node, ast.Call)]
    assert "print" not in [func.id for func in called if isinstance(func, ast.Name)]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_files_and_functions_are_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350
    for node in functions(parse(path)):
        docstring = len((ast.get_docstring(node, clean=False) or "").splitlines())
        assert node.end_lineno - node.lineno - docstring <= 60, node.name


# Kernels


@pytest.mark.parametrize("path", KERNELS, ids=name_of)
def test_kernels_use_only_their_arguments_and_their_own_file(path):
    """A cached kernel does not notice when a kernel of another file or a module constant changes; of an entry there is no code to take in."""
    tree = parse(path)
    own = {node.name for node in functions(tree)}
    for function in functions(tree):
        known = own | KERNEL_MODULES | KERNEL_BUILTINS | local_names(function) | {"True", "False", "None"}
        used = {node.id for part in function.body for node in ast.walk(part) if isinstance(node, ast.Name)}
        assert used <= known, f"{function.name} uses {sorted(used - known)}: pass it as an argument"


@pytest.mark.parametrize("path", KERNELS, ids=name_of)
def test_kernels_hold_no_strings_exceptions_or_options(path):
    for function in functions(parse(path)):
        assert not function.args.defaults + function.args.kw_defaults, f"{function.name} has optional arguments"
        body = function.body[1:] if ast.get_docstring(function) else function.body
        for node in (node for part in body for node in ast.walk(part)):
            assert not isinstance(node, (ast.Raise, ast.Try, ast.With, ast.Dict, ast.Set, ast.JoinedStr)), function.name
            assert not (isinstance(node, ast.Constant) and isinstance(node.value, str)), function.name


def test_of_an_entry_only_the_machine_code_is_kept(tmp_path):
    program = (
        "import sys, numpy as np\n"
        "from callqual.kernels.energies import sum_squares\n"
        "p = np.zeros(4)\n"
        "sum_squares(np.full(3, 2, np.float32), p)\n"
        "assert p.tolist() == [0.0, 4.0, 8.0, 12.0]\n"
        "assert sum(sum_squares.stats.cache_hits.values()) == int(sys.argv[1])"
    )
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), "NUMBA_DISABLE_JIT": "0"}
    for hits in ("0", "1"):
        subprocess.run([sys.executable, "-c", program, hits], check=True, env=environment)
    (kept,) = tmp_path.rglob("*sum_squares*.nbc")
    (_, _, (machine, bitcode)), *_ = pickle.loads(kept.read_bytes())
    assert len(bitcode) < 3000 < len(machine)


def local_names(function: Function) -> set[str]:
    """Arguments of a function and names it assigns."""
    arguments = {argument.arg for argument in ast.walk(function.args) if isinstance(argument, ast.arg)}
    stored = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return arguments | stored


def test_kernel_builtins_are_builtins():
    assert all(hasattr(builtins, name) for name in KERNEL_BUILTINS)
