"""Every way a cell can fail, executed by nbconvert: a reader of the terminal learns what went wrong, and where."""

from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest

from conftest import ROOT, jupyter, write_notebook

# A name of the failure, the cell, and what the terminal must say.
FAILING = {
    "type error": ('const n: number = "a";', ["TS2322", "In[2]:1:7", "not assignable to type 'number'"]),
    "unknown name": ("nowhere + 1", ["TS2304", "Cannot find name 'nowhere'"]),
    "syntax error": ("const ] = 1;", ["TS1134", "In[2]:1:7"]),
    "missing module": ('import { x } from "./nowhere";', ["TS2307", "./nowhere"]),
    "missing module, asked for at run time": ('require("./nowhere")', ["Cannot find module './nowhere'"]),
    "thrown error": (
        "function inner(n: number) {\n  // a comment\n  throw new RangeError(`n is ${n}`);\n}\ninner(3);",
        ["RangeError: n is 3", "at inner (In[2]:3:9)", "at In[2]:5:1"],
    ),
    "thrown error after an await": (
        'await null;\nthrow new Error("later in the cell");',
        ["Error: later in the cell", "In[2]:2:7"],
    ),
    "thrown value that is no error": ("throw { code: 7 };", ["Uncaught { code: 7 }"]),
    "thrown undefined": ("throw undefined;", ["Uncaught undefined"]),
    "error with a cause": (
        'throw new Error("outer", { cause: new TypeError("inner") });',
        ["Error: outer", "caused by TypeError: inner"],
    ),
    "several errors in one": (
        'throw new AggregateError([new Error("one"), new Error("two")], "both");',
        ["AggregateError: both", "Error: one", "Error: two"],
    ),
    "error of the library": (
        'import { SGD, showSource } from "../lib";\nshowSource("nowhere.ts");',
        ["showSource: there is no lib/nowhere.ts", "lib/notebook/show-source.ts:", "In[2]:2:1"],
    ),
    "rejected promise, awaited": ('await Promise.reject(new TypeError("no"));', ["TypeError: no", "In[2]:1:22"]),
    "rejected promise, left alone": (
        'Promise.reject(new TypeError("floating"));',
        ["TypeError: floating", "In[2]:1:16"],
    ),
    "error in a timer, while the cell waits": (
        'setTimeout(() => { throw new Error("tick"); }, 10);\nawait new Promise((resolve) => setTimeout(resolve, 5000));',
        ["Error: tick", "In[2]:1:26"],
    ),
    "error in a timer, while a later cell waits": (
        'setTimeout(() => { throw new Error("tock"); }, 100);',
        ["Error: tock", "In[2]:1:26"],
    ),
    "error in a microtask": ('queueMicrotask(() => { throw new Error("micro"); });', ["Error: micro", "In[2]:1:30"]),
    "endless recursion": ("const f = (): number => 1 + f();\nf();", ["RangeError: Maximum call stack size exceeded"]),
    "process.exit": ("process.exit(3);", ["process.exit(3) in a cell would end the kernel"]),
    "reading the standard input": (
        'import * as readline from "node:readline/promises";\n'
        'await readline.createInterface({ input: process.stdin }).question("name?");',
        ["A cell has no standard input"],
    ),
    "asking a reader who is not there": ('prompt("name?");', ['prompt("name?"): no one can answer here']),
    "error in a value's own display": (
        '({ [Symbol.for("Jupyter.display")]() { throw new Error("cannot show"); } });',
        ["Error: cannot show"],
    ),
}


def cells_around(failing):
    # The last cell waits, so that an error of a timer has the time to come.
    return ['"first"', failing, '"third"', 'await new Promise((resolve) => setTimeout(resolve, 300)); "last"']


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder in which `../lib` is the library, as for the project's own notebooks."""
    clone = tmp_path_factory.mktemp("clone")
    for name in ("lib", "node_modules"):
        (clone / name).symlink_to(ROOT / name)
    (clone / "notebooks").mkdir()
    return clone / "notebooks"


@pytest.fixture(scope="module")
def executed(folder):
    """What nbconvert said to each notebook that fails, by the failure's name; two at a time, to save time."""

    def execute(name):
        notebook = f"{list(FAILING).index(name)}.ipynb"
        write_notebook(folder / notebook, cells_around(FAILING[name][0]))
        return jupyter(
            "nbconvert", "--execute", "--to", "notebook", "--output", f"out-{notebook}", notebook, cwd=folder
        )

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(FAILING, pool.map(execute, FAILING), strict=True))


@pytest.mark.parametrize("name", FAILING)
def test_nbconvert_fails_and_says_why(name, executed):
    result = executed[name]
    assert result.returncode != 0
    for text in FAILING[name][1]:
        assert text in result.stderr
    for own in ("scripts/kernel", "scripts/dist/kernel", "tslab/dist", "evalmachine"):
        assert own not in result.stderr, f"a frame of the kernel itself: {own}"


def test_allow_errors_runs_every_later_cell(folder):
    """All failures in one notebook: each is kept, and every cell behind one has run."""
    wait = "await new Promise((resolve) => setTimeout(resolve, 300));"
    cells = []
    for name, (code, _) in FAILING.items():
        # An error of a timer fails the cell that waits then, and no other.
        cells += [code, *([wait] if "later cell" in name else []), '"ran"']
    cells.append(f'{wait} "last"')
    write_notebook(folder / "all.ipynb", cells)
    result = jupyter(
        "nbconvert", "--execute", "--allow-errors", "--to", "notebook", "--output", "out.ipynb", "all.ipynb", cwd=folder
    )
    assert result.returncode == 0, result.stderr
    executed = nbformat.read(folder / "out.ipynb", 4).cells
    assert [cell.execution_count for cell in executed] == list(range(1, len(cells) + 1))
    for cell, code in zip(executed, cells, strict=True):
        if code == '"ran"':
            assert "'ran'" in [
                output.data["text/plain"] for output in cell.outputs if output.output_type == "execute_result"
            ]
    said = "\n".join(
        line
        for cell in executed
        for output in cell.outputs
        if output.output_type == "error"
        for line in output.traceback
    )
    for _, expected in FAILING.values():
        for text in expected:
            if "In[2]" not in text:
                assert text in said
