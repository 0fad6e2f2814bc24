"""What an editor asks while somebody types: completions and explanations. A bar marks the cursor."""

import pytest

CELLS = [
    "const myVar = { alpha: 1, beta: 'x' }; import os from 'node:os'",
    "/** the rate */ const rate = 0.5; function step(rate: number, x: string) { return rate + x }",
]


@pytest.fixture(scope="module")
def prepared(kernel):
    for cell in CELLS:
        assert kernel.run(cell)[0]["status"] == "ok"
    return kernel


def ask(kernel, request, marked):
    cursor = marked.index("|")
    return kernel.reply_to(request(marked.replace("|", "", 1), cursor))


@pytest.mark.parametrize(
    "marked, offered",
    [
        ("myV|", "myVar"),
        ("myVar.|", "alpha"),
        ("console.|", "log"),
        ("process.ver|", "versions"),
        ("const q = 'a'.toUp|; q", "toUpperCase"),
        ("const inside = 1;\ninsi|", "inside"),
        ('import { readF| } from "node:fs"', "readFileSync"),
        ('import x from "node:f|', "node:fs"),
        ("const o: { learningRate: number } = { learn|", "learningRate"),
        ('const s: "sgd" | "adam" = "|', None),
        ("const u = { deep: { er: 1 } };\nu?.deep?.|", "er"),
        ("os.plat|", "platform"),
        ("const bad: number = 'x';\nconsole.lo|", "log"),
        ("Math.max(1, Math.mi|", "min"),
        ("`${Math.mi|}`", "min"),
        ("class A { rate = 1; step() { return this.ra| } }", "rate"),
        ("structuredC|", "structuredClone"),
        ("'😀'; myVar.|", "alpha"),
    ],
)
def test_a_name_is_offered(prepared, marked, offered):
    if offered is None:  # the type has a bar of its own
        code = marked[:-1]
        assert "adam" in prepared.reply_to(prepared.client.complete(code))["matches"]
        return
    reply = ask(prepared, prepared.client.complete, marked)
    assert offered in reply["matches"]
    kinds = {entry["text"]: entry["type"] for entry in reply["metadata"]["_jupyter_types_experimental"]}
    assert kinds[offered]


@pytest.mark.parametrize("marked", ["__|", "// hello wor|", "|", "'text|"])
def test_nothing_of_the_kernels_own_is_offered(prepared, marked):
    reply = ask(prepared, prepared.client.complete, marked)
    assert reply["status"] == "ok"
    assert not any("tslab" in name or "\u200c" in name for name in reply["matches"])


@pytest.mark.parametrize(
    "marked, said",
    [
        ("Math.max|(", ["max", "larger"]),
        ("ra|te", ["rate: ", "the rate"]),
        ("step(1, |", ["step(rate: number, x: string)", "Here: x"]),
        ("myVar.al|pha", ["alpha: number"]),
    ],
)
def test_a_name_is_explained(prepared, marked, said):
    reply = ask(prepared, prepared.client.inspect, marked)
    assert reply["found"]
    assert all(part in reply["data"]["text/plain"] for part in said), reply["data"]


@pytest.mark.parametrize("marked", [" | ", "nosuchname|", "myVar.nothere|", "'text|'"])
def test_nothing_is_explained_where_there_is_nothing(prepared, marked):
    assert not ask(prepared, prepared.client.inspect, marked)["found"]
