"""One session with the kernel: what it answers, message by message."""

import hashlib
import hmac
import json
import statistics
import time

import psutil
import pytest

from conftest import Kernel, texts


def test_cells_are_counted_and_their_input_is_published(kernel):
    first, outputs = kernel.run("1")
    second, _ = kernel.run("throw 2")
    third, _ = kernel.run("3")
    n = first["execution_count"]
    assert [second["execution_count"], third["execution_count"]] == [n + 1, n + 2]
    assert outputs[0] == ("execute_input", {"code": "1", "execution_count": n})


def test_silent_cell_leaves_no_trace(kernel):
    before, _ = kernel.run("1")
    _, outputs = kernel.run('console.log("quiet"); 7', silent=True)
    after, _ = kernel.run("1")
    assert outputs == []
    assert after["execution_count"] == before["execution_count"] + 1


def test_cells_sent_before_a_failure_are_aborted(kernel):
    sent = [kernel.send(code) for code in ("await new Promise((r) => setTimeout(r, 300)); throw 1", '"a"', '"b"')]
    replies = [kernel.reply_to(id) for id in sent]
    assert [reply["status"] for reply in replies] == ["error", "aborted", "aborted"]
    # A notebook shows the count that it is told as the cell's number.
    assert ["execution_count" in reply for reply in replies] == [True, False, False]
    assert kernel.run('"c"')[0]["status"] == "ok"


def test_cells_run_on_when_the_client_says_so(kernel):
    sent = [kernel.send(code, stop_on_error=False) for code in ("await null; throw 1", '"a"')]
    assert [kernel.reply_to(id)["status"] for id in sent] == ["error", "ok"]


def test_ten_thousand_lines_of_a_loop_arrive_in_order(kernel):
    _, outputs = kernel.run("for (let i = 0; i < 10_000; i++) console.log(i); console.error('end')")
    text = "".join(content["text"] for content in texts(outputs, "stream") if content["name"] == "stdout")
    assert text.split() == [str(i) for i in range(10_000)]
    assert outputs[-1][1] == {"name": "stderr", "text": "end\n"}
    assert len(outputs) < 200


def test_output_of_a_busy_loop_arrives_while_it_runs(kernel):
    id = kernel.send('console.log("early"); const end = Date.now() + 3000; while (Date.now() < end);')
    start = time.monotonic()
    while kernel.client.get_iopub_msg(timeout=5)["msg_type"] != "stream":
        pass
    assert time.monotonic() - start < 2
    # The control channel answers, and the heart beats, meanwhile.
    kernel.client.control_channel.send(kernel.client.session.msg("kernel_info_request", {}))
    assert kernel.client.get_control_msg(timeout=2)["content"]["language_info"]["name"] == "typescript"
    assert kernel.client.hb_channel.is_beating()
    assert kernel.reply_to(id)["status"] == "ok"


def test_displays_are_bundles_that_can_be_updated_and_cleared(kernel):
    _, outputs = kernel.run(
        'import { display, clearOutput } from "../lib";\n'
        'display({ "text/plain": "a", "text/html": "<b>a</b>" }, { metadata: { key: 1 }, id: "x" });\n'
        'display({ "text/plain": "b" }, { id: "x", update: true });\n'
        "clearOutput(true);"
    )
    assert outputs[1:] == [
        (
            "display_data",
            {
                "data": {"text/plain": "a", "text/html": "<b>a</b>"},
                "metadata": {"key": 1},
                "transient": {"display_id": "x"},
            },
        ),
        ("update_display_data", {"data": {"text/plain": "b"}, "metadata": {}, "transient": {"display_id": "x"}}),
        ("clear_output", {"wait": True}),
    ]


def test_last_expression_has_its_rich_form(kernel):
    _, outputs = kernel.run(
        '({ [Symbol.for("Jupyter.display")]: async () => ({ "text/markdown": "*x*", "text/plain": "x" }) })'
    )
    assert outputs[-1][0] == "execute_result"
    assert outputs[-1][1]["data"] == {"text/markdown": "*x*", "text/plain": "x"}


@pytest.mark.parametrize(
    "code, text, error",
    [
        ('({ a: 1, [Symbol.for("Jupyter.display")]() { throw new Error("cannot"); } })', "{ a: 1, ", "cannot"),
        (
            '({ a: 1, [Symbol.for("Jupyter.display")]: async () => { throw new Error("cannot"); } })',
            "{ a: 1, ",
            "cannot",
        ),
        ('({ a: 1, [Symbol.for("Jupyter.display")]: () => "<b>" })', "{ a: 1, ", "gave string, not a MIME bundle"),
        ('({ a: 1, [Symbol.for("nodejs.util.inspect.custom")]() { throw new Error("no") } })', "a: 1", "no"),
    ],
)
def test_value_that_cannot_show_itself_fails_its_cell_and_is_shown_as_text(kernel, code, text, error):
    reply, outputs = kernel.run(code)
    assert reply["status"] == "error" and error in reply["evalue"]
    [shown] = texts(outputs, "execute_result")
    assert text in shown["data"]["text/plain"]
    assert kernel.run("1")[0]["status"] == "ok"


def test_a_value_whose_tag_throws_is_shown(kernel):
    reply, outputs = kernel.run("({ get [Symbol.toStringTag]() { throw new Error('tag'); } })")
    # Node's inspect throws this on, and that of Node 26 shows the rest.
    assert reply["status"] == "ok" or "tag" in reply["evalue"]
    [shown] = texts(outputs, "execute_result")
    assert shown["data"]["text/plain"].startswith("[object]" if reply["status"] == "error" else "{")
    assert kernel.run("1")[0]["status"] == "ok"


@pytest.mark.parametrize(
    "code",
    [
        "new Proxy({ a: 1 }, { get() { throw new Error('trap'); } })",
        "const { proxy, revoke } = Proxy.revocable({ a: 1 }, {}); revoke(); proxy",
    ],
)
def test_to_show_a_proxy_runs_none_of_its_traps(kernel, code):
    reply, outputs = kernel.run(code)
    assert reply["status"] == "ok", reply
    assert "Proxy" in texts(outputs, "execute_result")[0]["data"]["text/plain"]


def test_a_log_of_a_training_is_shown_to_its_numbers(kernel):
    kernel.run('import { tf } from "../lib";')
    _, outputs = kernel.run("[{ epoch: 1, metrics: { loss: tf.scalar(2), accuracy: { train: tf.scalar(0.5) } } }]")
    text = texts(outputs, "execute_result")[0]["data"]["text/plain"]
    assert "".join(text.split()) == ("[{epoch:1,metrics:{loss:Tensor[]float322,accuracy:{train:Tensor[]float320.5}}}]")


def test_an_interrupt_while_the_kernel_still_loads_is_kept(new_kernel):
    """It must neither cut off the loading, nor leave a cell running that can no longer be stopped."""
    id = new_kernel.send("while (true) await new Promise(setImmediate);")
    new_kernel.interrupt()
    assert new_kernel.reply_to(id)["ename"] == "Interrupted"
    id = new_kernel.send(
        "while (true) { for (const end = Date.now() + 300; Date.now() < end; ); await new Promise(setImmediate); }"
    )
    time.sleep(0.5)
    new_kernel.interrupt()
    assert new_kernel.reply_to(id)["ename"] == "Interrupted"
    assert new_kernel.run("1 + 1")[0]["status"] == "ok"


def test_huge_values_are_shown_in_part(kernel):
    for code in ('"a".repeat(1e8)', "new Array(1e6).fill(1)", "new Float32Array(1e7)"):
        _, outputs = kernel.run(code)
        [shown] = texts(outputs, "execute_result")
        assert len(shown["data"]["text/plain"]) < 11_000 and "more" in shown["data"]["text/plain"]


@pytest.mark.parametrize(
    "code, expected",
    [
        ("await (Promise.resolve(1))", "1"),
        ("await [2]", "[ 2 ]"),
        ("await `3`", "'3'"),
        ("let sum = 0; for await (const n of [1, Promise.resolve(2)]) sum += n; sum", "3"),
        ("const [a, { b }] = await Promise.all([1, { b: 3 }]); a + b", "4"),
        ("if (await (async () => true)()) { var five = await 5 } five", "5"),
        ("class Six { static of = async () => await (Promise.resolve(6)) } await Six.of()", "6"),
        ("(await import('node:path')).basename('/x/7')", "'7'"),
        (
            "outer: for await (const x of [1, 2, 3]) for await (const y of [8, 9]) if (x === 2) break outer; else var last = y; last",
            "9",
        ),
    ],
)
def test_top_level_await(kernel, code, expected):
    reply, outputs = kernel.run(code)
    assert reply["status"] == "ok", reply
    assert texts(outputs, "execute_result")[0]["data"]["text/plain"] == expected


def test_shorthands_mean_what_earlier_cells_declared(kernel):
    kernel.run('import { SGD } from "../lib"; const images = 300; let low = 1, high = 2;')
    kernel.run("({ low, high = 7 } = { low: 10 } as { low: number; high?: number });")
    reply, outputs = kernel.run(
        "JSON.stringify({ images, low, inner: { high }, shadowed: (images => ({ images }))(5), is: typeof { SGD }.SGD })"
    )
    assert reply["status"] == "ok", reply
    expected = '{"images":300,"low":10,"inner":{"high":7},"shadowed":{"images":5},"is":"function"}'
    assert texts(outputs, "execute_result")[0]["data"]["text/plain"] == f"'{expected}'"


ENDLESS = {
    "a loop": "while (true);",
    "a loop behind an await": "await null; while (true);",
    "a loop in a timer": "setTimeout(() => { while (true); }, 10); await new Promise(() => {});",
    "a loop of awaits": "while (true) await null;",
    "a loop that catches errors": 'while (true) { try { JSON.parse("{"); } catch {} }',
    "an await": "await new Promise(() => {});",
    "a value that is never shown": '({ [Symbol.for("Jupyter.display")]: () => new Promise(() => {}) })',
}


@pytest.mark.parametrize("name", ENDLESS)
def test_interrupt(kernel, name):
    id = kernel.send(ENDLESS[name])
    time.sleep(0.7)
    start = time.monotonic()
    kernel.interrupt()
    reply = kernel.reply_to(id)
    assert time.monotonic() - start < 2
    assert (reply["status"], reply["ename"]) == ("error", "Interrupted")
    assert kernel.run("1 + 1")[0]["status"] == "ok"


def test_an_interrupt_is_told_once(kernel):
    """Turns that are about as long as the kernel waits before it ends a loop by force: the force may come late."""
    for length in range(100, 200, 5):
        id = kernel.send(
            f"while (true) {{ for (const end = Date.now() + {length}; Date.now() < end; ); await new Promise(setImmediate); }}"
        )
        time.sleep(0.25)
        kernel.interrupt()
        assert [content["ename"] for content in texts(kernel.outputs_of(id), "error")] == ["Interrupted"]
        assert kernel.reply_to(id)["ename"] == "Interrupted"


def test_interrupted_loop_runs_its_finally_and_does_not_go_on(kernel):
    kernel.run(
        "let turns = 0, cleaned = 0; const tick = async () => { turns++; await new Promise((r) => setTimeout(r, 5)) }"
    )
    id = kernel.begin("try { while (true) await tick() } finally { cleaned++ }")
    time.sleep(0.2)
    kernel.interrupt()
    kernel.reply_to(id)
    counts = [kernel.run("[turns, cleaned].join()")[1][-1][1]["data"]["text/plain"]]
    time.sleep(0.3)
    counts.append(kernel.run("[turns, cleaned].join()")[1][-1][1]["data"]["text/plain"])
    assert counts[0] == counts[1]
    assert counts[0].endswith(",1'")


def test_library_is_told_of_an_interrupt(kernel):
    kernel.run('import { cellSignal } from "../lib"; let told: string | undefined;')
    id = kernel.begin(
        'cellSignal()!.addEventListener("abort", () => (told = String(cellSignal()!.reason)));\n'
        "await new Promise(() => {});"
    )
    time.sleep(0.2)
    kernel.interrupt()
    kernel.reply_to(id)
    assert "Interrupted" in kernel.run("told")[1][-1][1]["data"]["text/plain"]


def test_interrupted_training_leaves_nothing_open_and_goes_on(kernel):
    """
    A loop that is ended by force runs no `finally`: neither those of tf.tidy nor those of tf.grad. And it is not ended inside
    of tfjs: between two lines of `assign` a variable has no value, and between others a tensor is counted twice.
    """

    def value(code):
        reply, outputs = kernel.run(code)
        assert reply["status"] == "ok", reply
        return texts(outputs, "execute_result")[0]["data"]["text/plain"]

    value(
        'import { Momentum, Network, Trainer, tf } from "../lib";\n'
        "const network = new Network({ inputSize: 20, hiddenSizes: [300, 300], outputSize: 10 }, 1);\n"
        "const x = tf.randomNormal([200, 20], 0, 1, 'float32', 1), t = tf.zeros([200], 'int32');\n"
        "const options = { batchSize: 100, iterations: 1e6, record: ['loss' as const], seed: 1 };\n"
        "const trainer = new Trainer(network, new Momentum(0.001), { train: { x, t, count: 200 } }, options);\n"
        "trainer.step(); trainer.step();\n"
        "const small = tf.variable(tf.zeros([4]));\n"
        "const open = () => (tf.engine().state as any).scopeStack.length;\n"
        "const kept = () => [tf.memory().numTensors, open()].join();\n1"
    )
    tensors = value("kept()")
    loops = [
        "while (true) trainer.step()",
        "while (true) { trainer.step(); await new Promise((resolve) => setImmediate(resolve)); }",
        "while (true) tf.tidy(() => { tf.grad((y) => y.square().matMul(y, true).sum())(x); })",
        *4 * ["while (true) tf.tidy(() => { small.assign(small.mul(0.5).add(1)); })"],
    ]
    for turn, loop in enumerate(2 * loops):
        id = kernel.begin(loop)
        time.sleep(0.1 + 0.013 * turn)
        kernel.interrupt()
        assert kernel.reply_to(id)["ename"] == "Interrupted"
        assert value("kept()") == tensors, loop
        assert value("small.dataSync().length") == "4", loop
    assert value("trainer.step(); trainer.step(); Number.isFinite(trainer.history.loss.at(-1))") == "true"
    assert value("kept()") == tensors


def test_who_tidies_up_after_an_interrupted_loop_is_not_interrupted(kernel):
    """Drawing a figure for the last time takes a moment; the loop is ended by force, and that must not be."""
    kernel.run('import { cellSignal } from "../lib";')
    id = kernel.begin(
        'cellSignal()!.addEventListener("abort", () => {\n'
        "  for (const end = Date.now() + 1000; Date.now() < end; );\n"
        '  console.log("tidied");\n'
        "});\n"
        "while (true);"
    )
    time.sleep(0.2)
    kernel.interrupt()
    assert kernel.reply_to(id)["ename"] == "Interrupted"
    written = "".join(content["text"] for content in texts(kernel.outputs_of(id), "stream"))
    assert written == "tidied\n"


def test_what_an_interrupted_cell_made_stays(kernel):
    id = kernel.begin("const made = [1, 2]; await new Promise(() => {});")
    time.sleep(0.2)
    kernel.interrupt()
    kernel.reply_to(id)
    assert kernel.run("made.length")[1][-1][1]["data"]["text/plain"] == "2"


def test_prompt_asks_the_reader(kernel):
    id = kernel.send('const answer = prompt("name? "); answer.toUpperCase()', allow_stdin=True)
    assert kernel.client.get_stdin_msg(timeout=10)["content"]["prompt"] == "name? "
    kernel.client.input("ada")
    assert texts(kernel.outputs_of(id), "execute_result")[0]["data"]["text/plain"] == "'ADA'"


def completions(kernel, code, cursor=None):
    """What completes the code at the cursor, or else at its end: the names, and the text that they replace."""
    kernel.client.complete(code, cursor)
    reply = kernel.client.get_shell_msg(timeout=10)["content"]
    return reply["matches"], code[reply["cursor_start"] : reply["cursor_end"]]


def test_completion_counts_characters_not_units(kernel):
    kernel.run("const learningRate = 0.1")
    names, replaced = completions(kernel, 'const s = "😀"; learni')
    assert names[0] == "learningRate"
    assert replaced == "learni"


def in_order(names, *expected):
    return [name for name in names if name in expected] == list(expected)


def test_completion_offers_the_notebooks_names_then_javascripts_then_nodes(kernel):
    kernel.run('import { RMSProp } from "../lib"; const Grade = 1; interface Row { rate: number }')
    for code in ("G", "const y = G", "function f() { return G", "[1].map((x) => G", "`${G", 'const s = "😀"; G'):
        names, replaced = completions(kernel, code)
        assert (names[0], replaced) == ("Grade", "G"), code
        assert in_order(names, "Grade", "globalThis", "global"), code
    assert in_order(completions(kernel, "const Rank = 1; R")[0], "Rank", "RMSProp", "Reflect", "ReadableStream")
    assert in_order(completions(kernel, "")[0], "Grade", "RMSProp", "console", "for", "Math", "fetch", "process")


def test_completion_offers_no_values_that_are_only_declared(kernel):
    """GPUAdapter is declared for browsers."""
    kernel.run('import { tf } from "../lib"')
    assert "GPUAdapter" in completions(kernel, "let x: G")[0]
    names, _ = completions(kernel, "")
    assert not {"GPUAdapter", "Row"} & set(names)
    assert {"require", "exports", "undefined", "Buffer", "__dirname"} <= set(names)
    values = [name for name in names if name[0].isupper()]
    reply, _ = kernel.run(f"[{', '.join(values)}]; 0")
    assert reply["status"] == "ok", reply


def test_completion_of_a_type_offers_packages_types_last(kernel):
    kernel.run('import { tf } from "../lib"; interface Row { rate: number }')
    kernel.run("interface Gradient { of: number } class Grid {} interface _Gap {}")
    names, replaced = completions(kernel, "let x: G")
    assert names[:2] == ["Gradient", "Grid"]
    assert replaced == "G"
    assert in_order(names, "Grid", "Generator", "GPUAdapter")
    assert in_order(completions(kernel, "let x: ")[0], "_Gap", "Gradient", "Array", "number", "Buffer", "GPUAdapter")
    assert in_order(completions(kernel, "let x: R")[0], "Row", "Record", "Response", "RequestInit")


def test_completion_of_members_is_alphabetical_with_internal_and_deprecated_ones_last(kernel):
    kernel.run(
        "class Grades { _hidden = 1; zeta = 2;\n/** @deprecated */\ngone = 3; alpha = 4; Beta = 5 }\nconst grades = new Grades()"
    )
    assert completions(kernel, "grades.") == (["alpha", "Beta", "zeta", "_hidden", "gone"], "")
    assert completions(kernel, "tf.ze")[0][:2] == ["zeros", "zerosLike"]


def test_completion_of_an_import_offers_the_librarys_names(kernel):
    names, _ = completions(kernel, 'import {  } from "../lib"', 9)
    assert {"Adam", "RMSProp", "show"} <= set(names)
    assert not {"Grade", "GPUAdapter", "Math"} & set(names)
    assert "node:path" in completions(kernel, 'import path from "nod')[0]


def test_inspection_shows_type_and_documentation(kernel):
    kernel.run("/** The step of the update. */\nconst step = (rate: number) => rate")
    kernel.client.inspect("step(", 5)
    text = kernel.client.get_shell_msg(timeout=10)["content"]["data"]["text/plain"]
    assert "const step: (rate: number) => number" in text


def test_message_with_a_wrong_signature_is_dropped(kernel):
    message = kernel.client.session.msg("execute_request", {"code": "globalThis.forged = true", "silent": False})
    parts = [
        json.dumps(message[part], default=str).encode() for part in ("header", "parent_header", "metadata", "content")
    ]
    forged = hmac.new(b"another key", b"".join(parts), hashlib.sha256).hexdigest().encode()
    kernel.client.shell_channel.socket.send_multipart([b"<IDS|MSG>", forged, *parts])
    _, outputs = kernel.run("String((globalThis as any).forged)")
    assert outputs[-1][1]["data"]["text/plain"] == "'undefined'"


def test_rebuilt_library_is_seen_with_all_that_depends_on_it(kernel, tmp_path):
    def build(file, js, types):
        (tmp_path / f"{file}.js").write_text(js)
        (tmp_path / f"{file}.d.ts").write_text(types)

    build("base", "exports.one = () => 1;", "export declare const one: () => number;")
    build(
        "user",
        'const base = require("./base"); exports.two = () => base.one() + 1;',
        "export declare const two: () => number;",
    )
    kernel.run(f'import {{ one as first }} from "{tmp_path}/base"; import * as user from "{tmp_path}/user";')
    assert kernel.run("[first(), user.two()].join()")[1][-1][1]["data"]["text/plain"] == "'1,2'"

    build("base", 'exports.one = () => "10";', "export declare const one: () => string;")
    time.sleep(1)
    _, outputs = kernel.run("[first().length, user.two()].join()")
    assert outputs[-1][1]["data"]["text/plain"] == "'2,101'"
    assert "base.js and 1 that use it" in texts(outputs, "stream")[0]["text"]

    build("base", "not JavaScript", "export declare const one: () => string;")
    assert [kernel.run("first()")[0]["status"] for _ in range(2)] == ["error", "error"]
    build("base", 'exports.one = () => "done";', "export declare const one: () => string;")
    assert kernel.run("first()")[1][-1][1]["data"]["text/plain"] == "'done'"


def test_two_hundred_cells():
    """A long session stays quick and does not grow."""
    kernel = Kernel()
    try:
        kernel.run('import { SGD } from "../lib"')
        resident = lambda: psutil.Process(kernel.pid).memory_info().rss / 1024
        for i in range(10):
            kernel.run(f"const warm{i} = {i}; warm{i}")
        before = resident()
        seconds = []
        for i in range(200):
            start = time.monotonic()
            reply, _ = kernel.run(
                f"const value{i}: number[] = [{i}, {i} ** 2];\nfunction f{i}(x: number) {{ return x + value{i}[1]; }}\nf{i}(1)"
            )
            seconds.append(time.monotonic() - start)
            assert reply["status"] == "ok"
        median = statistics.median(seconds) * 1000
        growth = (resident() - before) / 1024
        print(f"200 cells: median {median:.0f} ms, slowest {max(seconds) * 1000:.0f} ms, memory +{growth:.0f} MB")
        assert median < 150
        assert growth < 200
    finally:
        kernel.shut_down()
