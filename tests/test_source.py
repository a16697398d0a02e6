"""What no file of the package may do, whoever calls it: read from the sources themselves."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "streamrnn"
FILES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))

# Bytes that become code or objects of any class when they are read.
FORBIDDEN_MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal",
                     "shelve", "code", "codeop", "pty", "commands", "ctypes", "cffi", "xmlrpc",
                     "telnetlib", "yaml"}  # fmt: skip
FORBIDDEN_CALLS = {
    "eval", "exec", "compile", "__import__", "breakpoint", "input",
    "os.system", "os.popen", "os.execv", "os.execve", "os.execvp", "os.spawnl", "os.spawnv",
    "os.posix_spawn", "os.startfile", "subprocess.getoutput", "subprocess.getstatusoutput",
    "subprocess.call", "subprocess.run", "subprocess.check_output", "subprocess.check_call",
    "asyncio.create_subprocess_shell", "asyncio.create_subprocess_exec",
    "importlib.import_module", "runpy.run_path", "runpy.run_module",
    "tempfile.mktemp", "ssl._create_unverified_context", "ssl.wrap_socket",
    "pd.read_pickle", "pandas.read_pickle", "np.fromfile",
}  # fmt: skip
# The demo starts the daemon beside itself: a list of arguments, no shell. The benchmarks start
# workers of their own.
STARTS_A_PROCESS = {"demo/daemon.py", "evaluate/parallel.py"}
# Trusts the daemon's own certificate and no other, which it asks by address.
ASKS_BY_ADDRESS = {"cli/healthcheck.py"}


def breaches_in(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                used = [alias.name for alias in names]
            case ast.ImportFrom(module=module, names=names):
                used = [module or "", *(f"{module}.{alias.name}" for alias in names)]
            case ast.Call(func=func, keywords=keywords):
                used = [ast.unparse(func), *(_argument(func, keyword) for keyword in keywords)]
            case ast.Assign(targets=[target], value=value):
                used = [f"{ast.unparse(target).rpartition('.')[2]} = {ast.unparse(value)}"]
            case _:
                continue
        for name in used:
            if _is_breach(name):
                yield f"line {node.lineno}: {name}"


def _argument(func: ast.expr, keyword: ast.keyword) -> str:
    return f"{keyword.arg} = {ast.unparse(keyword.value)}"


def _is_breach(name: str) -> bool:
    if name in FORBIDDEN_CALLS or name.split(".")[0] in FORBIDDEN_MODULES:
        return True
    setting, _, value = name.partition(" = ")
    return (
        (setting == "shell" and value != "False")
        or (setting == "allow_pickle" and value != "False")
        or (setting == "check_hostname" and value != "True")
        or (setting == "verify_mode" and value != "ssl.CERT_REQUIRED")
        or (setting in ("verify", "cert_reqs") and ("NONE" in value or value == "False"))
    )


@pytest.mark.parametrize("file", FILES)
def test_nothing_that_is_read_is_run(file: str) -> None:
    breaches = list(breaches_in((PACKAGE / file).read_text()))
    if file in ASKS_BY_ADDRESS:
        breaches = [breach for breach in breaches if "check_hostname" not in breach]
    assert not breaches


@pytest.mark.parametrize("file", FILES)
def test_no_file_starts_a_process(file: str) -> None:
    nodes = list(ast.walk(ast.parse((PACKAGE / file).read_text())))
    modules = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    modules += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    starting = {"subprocess", "multiprocessing"} & {name.split(".")[0] for name in modules}
    assert not starting or file in STARTS_A_PROCESS


@pytest.mark.parametrize(
    "source",
    [
        "import pickle", "from pickle import loads", "import pickle as p", "eval('1')",
        "import subprocess\nsubprocess.run('ls')", "f(shell=True)", "np.load(f, allow_pickle=True)",
        "context.check_hostname = False", "context.verify_mode = ssl.CERT_NONE", "os.system('ls')",
        "from os import system\nimport marshal", "pd.read_pickle(f)", "httpx.get(u, verify=False)",
    ],
)  # fmt: skip
def test_the_check_itself_finds_what_it_looks_for(source: str) -> None:
    assert list(breaches_in(source))
