"""What a kernel does while, and after, a cell runs: timers, child processes, comms, late errors, long sessions."""

import gc
import os
import random
import shutil
import signal
import socket
import statistics
import threading
import time
from contextlib import suppress

import psutil
import pytest
import zmq

from conftest import Kernel, texts, wait_for


def value_of(kernel, code):
    reply, outputs = kernel.run(code)
    assert reply["status"] == "ok", reply
    return texts(outputs, "execute_result")[-1]["data"]["text/plain"]


def printed(outputs, name="stdout"):
    return "".join(content["text"] for content in texts(outputs, "stream") if content["name"] == name)


def messages_for(kernel, seconds):
    """Everything that arrives on iopub in some seconds."""
    found = []
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        try:
            found.append(kernel.client.get_iopub_msg(timeout=left))
        except Exception:
            break
    return found


def test_a_timers_lines_stay_under_the_cell_that_set_it(kernel):
    first = kernel.send("let ticks = 0; const timer = setInterval(() => console.log('tick', ticks++), 50); 0")
    kernel.reply_to(first)
    second = kernel.send("await new Promise((r) => setTimeout(r, 200)); 'later'")
    kernel.reply_to(second)
    found = [m for m in messages_for(kernel, 0.3) if m["msg_type"] == "stream"]
    kernel.run("clearInterval(timer)")
    assert len(found) >= 3
    assert {m["parent_header"]["msg_id"] for m in found} == {first}


def test_children_and_native_code_print_into_the_cell(kernel):
    _, outputs = kernel.run(
        'import { execSync } from "node:child_process"; import { writeSync } from "node:fs";\n'
        'console.log("before"); execSync("echo from-child; echo problem >&2", { stdio: "inherit" });\n'
        'writeSync(1, "direct\\n"); console.log("after");'
    )
    assert printed(outputs).split() == ["before", "from-child", "direct", "after"]
    assert printed(outputs, "stderr") == "problem\n"


def test_an_error_after_the_cell_is_shown_at_once_and_the_next_cell_is_innocent(kernel):
    sent = kernel.send('setTimeout(() => { throw new Error("late"); }, 100); 1')
    kernel.reply_to(sent)
    found = [m for m in messages_for(kernel, 0.5) if m["msg_type"] == "error"]
    assert [m["content"]["evalue"] for m in found] == ["late"]
    assert found[0]["parent_header"]["msg_id"] == sent
    assert value_of(kernel, "'innocent'") == "'innocent'"


def test_an_interval_that_rejects_can_be_cleared(kernel):
    kernel.run("const failing = setInterval(() => { Promise.reject(new Error('again')) }, 3)")
    time.sleep(0.2)
    kernel.run("clearInterval(failing); let cleared = true")
    time.sleep(0.3)
    messages_for(kernel, 0.2)
    assert value_of(kernel, "cleared") == "true"
    assert value_of(kernel, "1 + 1") == "2"


def test_a_rejection_that_the_next_cell_handles_is_no_failure(kernel):
    kernel.run(
        "const pair = [1, 2].map((i) => new Promise((y, n) => setTimeout(() => i === 1 ? n(new Error('one')) : y(i), 20)))"
    )
    time.sleep(0.5)
    assert value_of(kernel, "(await Promise.allSettled(pair)).map((s) => s.status).join()") == "'rejected,fulfilled'"


def test_an_interrupt_says_where_the_loop_was(kernel):
    kernel.run("function spin(n: number) {\n  while (true) n++;\n}")
    sent = kernel.begin("\nspin(1)")
    time.sleep(0.3)
    kernel.interrupt()
    reply = kernel.reply_to(sent)
    said = "\n".join(reply["traceback"])
    assert reply["ename"] == "Interrupted"
    assert "at spin (In[" in said and "]:2:3)" in said


def test_an_interrupt_ends_a_child_that_the_cell_waits_for(kernel):
    sent = kernel.begin('import { execSync } from "node:child_process"; execSync("sleep 20")')
    time.sleep(0.3)
    start = time.monotonic()
    kernel.interrupt()
    assert kernel.reply_to(sent)["status"] == "error"
    assert time.monotonic() - start < 3


def test_completions_come_while_a_cell_runs(kernel):
    kernel.run("const later = { yes: 1 }")
    sent = kernel.send("for (const end = Date.now() + 1500; Date.now() < end; );")
    time.sleep(0.2)
    start = time.monotonic()
    asked = kernel.client.complete("later.")
    reply = kernel.reply_to(asked)
    assert reply["matches"] == ["yes"]
    assert reply["metadata"]["_jupyter_types_experimental"][0] == {
        "text": "yes",
        "type": "property",
        "start": 6,
        "end": 6,
    }
    assert time.monotonic() - start < 1
    assert kernel.reply_to(sent)["status"] == "ok"


def test_fields_of_any_value_are_completed_while_a_cell_runs(kernel):
    kernel.run('const found: any = JSON.parse(\'{ "alpha": 1, "also": { "inner": 2 } }\'); let looks = 0')
    kernel.run("const lazy: any = { get costly() { looks++; return { deep: 1 } }, plain: 1 }")
    running = kernel.begin("for (;;);")
    try:
        for code, fields in (
            ("found.al", ["alpha", "also"]),
            ("1 + found.also.", ["inner"]),
            ("lazy.", ["costly", "plain"]),
            ("lazy.costly.", []),  # to look into it would call the getter
            ("missing.", []),
        ):
            reply = kernel.reply_to(kernel.client.complete(code))
            assert reply["matches"] == fields
            start = code.rindex(".") + 1
            assert fields == [] or (reply["cursor_start"], reply["cursor_end"]) == (start, len(code))
    finally:
        kernel.interrupt()
        kernel.reply_to(running)
    assert value_of(kernel, "looks") == "0"


def comm_message(kernel, type, content, **rest):
    message = kernel.client.session.msg(type, content, **rest)
    kernel.client.shell_channel.send(message)
    return message["header"]["msg_id"]


def test_a_comm_that_a_cell_opens(kernel):
    reply, outputs = kernel.run(
        "const heard: unknown[] = [];\n"
        'const slider = Jupyter.comms.open("jupyter.widget", { state: { value: 1 } }, { metadata: { version: "2.1.0" } });\n'
        "slider.onMessage((data, { buffers }) => { heard.push(data.state.value, buffers.length); console.log('moved'); slider.send({ echo: 1 }); });\n"
        "slider.id"
    )
    assert reply["status"] == "ok", reply
    [opened] = texts(outputs, "comm_open")
    assert opened["target_name"] == "jupyter.widget" and opened["data"] == {"state": {"value": 1}}
    sent = comm_message(kernel, "comm_msg", {"comm_id": opened["comm_id"], "data": {"state": {"value": 5}}})
    found = messages_for(kernel, 0.3)
    assert [m["content"]["data"] for m in found if m["msg_type"] == "comm_msg"] == [{"echo": 1}]
    assert [m["content"]["text"] for m in found if m["msg_type"] == "stream"] == ["moved\n"]
    states = [
        m["content"]["execution_state"]
        for m in found
        if m["parent_header"].get("msg_id") == sent and m["msg_type"] == "status"
    ]
    assert states == ["busy", "idle"]
    assert value_of(kernel, "heard.join()") == "'5,0'"


def test_a_comm_that_the_page_opens(kernel):
    kernel.run(
        'Jupyter.comms.registerTarget("mine", (comm, data) => { comm.send({ got: data.n }); comm.onClose(() => console.log("closed")) })'
    )
    comm_message(kernel, "comm_open", {"comm_id": "c1", "target_name": "mine", "data": {"n": 3}})
    comm_message(kernel, "comm_close", {"comm_id": "c1", "data": {}})
    comm_message(kernel, "comm_open", {"comm_id": "c2", "target_name": "nobody's", "data": {}})
    found = messages_for(kernel, 0.4)
    assert [m["content"] for m in found if m["msg_type"] == "comm_msg"] == [{"comm_id": "c1", "data": {"got": 3}}]
    assert [m["content"]["comm_id"] for m in found if m["msg_type"] == "comm_close"] == ["c2"]
    assert "closed\n" in [m["content"]["text"] for m in found if m["msg_type"] == "stream"]


def test_user_expressions(kernel):
    sent = kernel.send("const u = 3", user_expressions={"x": "u + 1", "y": "nowhere"})
    expressions = kernel.reply_to(sent)["user_expressions"]
    assert expressions["x"]["data"]["text/plain"] == "4"
    assert expressions["y"]["ename"] == "TypeScriptError"


def test_queued_cells_do_not_run_after_an_interrupt(kernel):
    sent = [kernel.send(code) for code in ("await new Promise(() => {})", "globalThis.ran = 1", "1")]
    time.sleep(0.4)
    kernel.interrupt()
    assert [kernel.reply_to(id)["status"] for id in sent] == ["error", "aborted", "aborted"]
    assert value_of(kernel, "String((globalThis as any).ran)") == "'undefined'"


def test_edited_modules_are_seen_whole(tmp_path):
    (tmp_path / "e.ts").write_text("export const v = 1;\nexport const f = () => v;")
    (tmp_path / "g.ts").write_text('import { v } from "./e";\nexport const g = () => v;')
    kernel = Kernel(tmp_path)
    try:
        kernel.run('import { f } from "./e"; import * as all from "./g.ts"')
        assert value_of(kernel, "[f(), all.g()].join()") == "'1,1'"
        time.sleep(0.02)
        (tmp_path / "e.ts").write_text(
            "export const v = 2;\n\nexport const f = () => { throw new Error(`v is ${v}`) };"
        )
        assert value_of(kernel, "all.g()") == "2"
        reply, _ = kernel.run("f()")
        assert "e.ts:3:" in "\n".join(reply["traceback"])
        (tmp_path / "e.ts").write_text("export const v: number = 'no';\nexport const f = () => v;")
        reply, _ = kernel.run("f()")
        assert "e.ts:1:14 - error TS2322" in "\n".join(reply["traceback"])
    finally:
        kernel.shut_down()


def language_process(kernel):
    """The id of the process that knows TypeScript, and its command."""
    for child in psutil.Process(kernel.pid).children():
        with suppress(psutil.Error):  # it has ended meanwhile
            command = child.cmdline()
            if any("language.cjs" in part for part in command):
                return child.pid, command
    return None, []


def test_a_module_that_cannot_be_loaded_again_fails_only_who_uses_it(tmp_path):
    module = tmp_path / "util.ts"
    module.write_text("export function add(a: number, b: number) { return a + b }")
    kernel = Kernel(tmp_path)
    try:
        assert value_of(kernel, 'import { add } from "./util"; add(1, 2)') == "3"
        for text, complaint in (
            ("export function plus() {}", "does not export add"),
            ("throw new Error('at load'); export function add() {}", "at load"),
            (None, "Cannot find"),
        ):
            if text is None:
                module.unlink()
            else:
                module.write_text(text)
            reply, outputs = kernel.run("1 + 1")
            assert reply["status"] == "ok"
            assert f"add keeps its old value: {'' if text else 'Cannot'}" in printed(outputs, "stderr")
            assert complaint in printed(outputs, "stderr")
            _, outputs = kernel.run("2")
            assert printed(outputs, "stderr") == ""  # said once
            reply, _ = kernel.run("add(1, 2)")
            assert reply["status"] == "error"
            assert "language.cjs" not in str(reply["traceback"])
        module.write_text("export function add(a: number, b: number) { return a * b }")
        assert value_of(kernel, "add(2, 3)") == "6"
        module.write_text("export const plus = 1")
        assert value_of(kernel, "const add = 5; add") == "5"
        assert value_of(kernel, 'import { plus } from "./util"; plus') == "1"
    finally:
        kernel.shut_down()


def test_what_is_wrong_with_the_tsconfig_is_said_in_the_first_cell(tmp_path):
    (tmp_path / "tsconfig.json").write_text('{ "extends": "./missing.json", "compilerOptions": { "nosuch": 1 } }')
    kernel = Kernel(tmp_path)
    try:
        reply, outputs = kernel.run("1")
        assert reply["status"] == "ok"
        assert "Unknown compiler option 'nosuch'" in printed(outputs, "stderr")
        assert "missing.json" in printed(outputs, "stderr")
        _, outputs = kernel.run("2")
        assert printed(outputs, "stderr") == ""
    finally:
        kernel.shut_down()


def test_an_interrupted_cell_shows_no_value_later(kernel):
    sent = kernel.send('import { spawnSync } from "node:child_process"; spawnSync("sleep", ["10"])')
    time.sleep(0.7)
    kernel.interrupt()
    assert kernel.reply_to(sent)["status"] == "error"
    kinds = [m["msg_type"] for m in messages_for(kernel, 1) if m["parent_header"].get("msg_id") == sent]
    assert "execute_result" not in kinds


def test_an_interrupt_ends_a_recursion_that_catches_its_own_end(kernel):
    sent = kernel.begin("function rec(): number { try { return rec() } catch { return rec() } }\nrec()")
    time.sleep(0.3)
    kernel.interrupt()
    assert kernel.reply_to(sent, timeout=10)["ename"] == "Interrupted"
    assert value_of(kernel, "1 + 1") == "2"


def test_a_kernel_whose_cell_takes_its_handlers_away_says_what_ended_it():
    kernel = Kernel()
    try:
        code = "process.removeAllListeners(); setTimeout(() => { throw new Error('fatal to it') }, 5); await new Promise(() => {})"
        reply, outputs = kernel.run(code)
        assert reply["ename"] == "KernelDied"
        assert "fatal to it" in texts(outputs, "error")[0]["evalue"]
    finally:
        kernel.shut_down()


def test_completions_in_an_open_block_know_earlier_cells(kernel):
    kernel.run("let typed = [1, 2, 3]; type Kind = { kind: 'a' } | { kind: 'b' }; class Base { one = 1 }")
    for code, fields in (
        ("for (const e of typed) {\n  e.toFi", ["toFixed"]),
        ("typed.forEach(t => { t.toFi", ["toFixed"]),
        ("const k: Kind = { kind: '", ["a", "b"]),
        ("class Q extends Base { constructor() { super(); this.", ["one"]),
    ):
        reply = kernel.reply_to(kernel.client.complete(code))
        assert reply["matches"] == fields, code
        assert reply["cursor_end"] == len(code)
    for code in ("nosuchname", "if ("):
        assert not kernel.reply_to(kernel.client.inspect(code))["found"]


def test_what_is_printed_and_displayed_keeps_its_order(kernel):
    code = (
        "import * as tslab from 'tslab';\n"
        "for (let i = 0; i < 200; i++) {"
        " if (i % 3 === 0) console.log(`n${i}`); else if (i % 3 === 1) console.error(`n${i}`);"
        " else tslab.display.text(`n${i}`); }\n'last'"
    )
    _, outputs = kernel.run(code)
    shown = []
    for kind, content in outputs:
        if kind == "stream":
            shown += content["text"].split()
        elif kind in ("display_data", "execute_result"):
            shown.append(content["data"]["text/plain"])
    assert shown == [f"n{i}" for i in range(200)] + ["'last'"]


def test_a_hundred_cells_that_end_after_an_await_keep_their_last_lines(kernel):
    sent = [kernel.send(f"await null; console.log('line {i}')") for i in range(100)]
    for i, message_id in enumerate(sent):
        assert printed(kernel.outputs_of(message_id)) == f"line {i}\n"
        kernel.reply_to(message_id)


def test_folders_of_every_kind(tmp_path):
    real = tmp_path / "real"
    real.mkdir()
    (real / "part.ts").write_text("export const part: number = 3")
    link = tmp_path / "link"
    link.symlink_to(real)
    kernel = Kernel(link)
    try:
        assert value_of(kernel, 'import { part } from "./part"; part') == "3"
        shutil.rmtree(real)
        assert value_of(kernel, "1 + 1") == "2"
    finally:
        kernel.shut_down()


def test_thousands_of_files_beside_the_notebook(tmp_path):
    for i in range(1000):
        (tmp_path / f"m{i}.ts").write_text(f"export const v{i}: number = {i};")
    for i in range(500):
        package = tmp_path / "node_modules" / f"p{i}"
        package.mkdir(parents=True)
        (package / "package.json").write_text(f'{{ "name": "p{i}", "version": "1.0.0" }}')
    kernel = Kernel(tmp_path)
    try:
        assert value_of(kernel, 'import { v7 } from "./m7"; v7') == "7"
        lines = [f"const line{i} = {i};" for i in range(5000)]
        assert value_of(kernel, "\n".join([*lines, "line4999"])) == "4999"
        lines[3999] = "const line3999: string = 1;"
        assert ":4000:7" in str(kernel.run("\n".join(lines))[0]["traceback"])
    finally:
        kernel.shut_down()


def resident(kernel):
    """In megabytes, of the kernel and of its process of TypeScript."""

    processes = kernel.pid, language_process(kernel)[0]
    return sum(psutil.Process(pid).memory_info().rss for pid in processes) / 2**20


def test_typescript_starts_from_the_snapshot(kernel):
    kernel.run("0")
    assert "--snapshot-blob" in language_process(kernel)[1]


def test_what_cells_declared_outlives_the_process_of_typescript(kernel):
    kernel.run("let lived = { on: 1 }; function twice(x: number) { return 2 * x }")
    kernel.run("let lived = JSON.parse('{') as string")
    pid, _ = language_process(kernel)
    os.kill(pid, signal.SIGKILL)
    assert value_of(kernel, "twice(lived.on) + 40") == "42"
    reply, _ = kernel.run("lived.off")
    assert "TS2339" in reply["evalue"]
    assert language_process(kernel)[0] != pid


def test_a_compiler_that_dies_fails_its_cell_alone(kernel):
    kernel.run("let before = 1")
    pid, _ = language_process(kernel)
    os.kill(pid, signal.SIGSTOP)
    once, twice = kernel.send("before + 1"), kernel.send("before + 2")
    os.kill(pid, signal.SIGKILL)
    assert kernel.reply_to(once)["status"] == "ok"
    assert kernel.reply_to(twice)["status"] == "ok"
    # A cell that kills it again and again.
    endless = kernel.send("1 + 1" + " " * 10)
    killed = []
    while len(killed) < 2:
        pid, _ = language_process(kernel)
        if pid in killed or pid is None:
            continue
        killed.append(pid)
        os.kill(pid, signal.SIGKILL)
    kernel.reply_to(endless)
    assert value_of(kernel, "before + 3") == "4"


@pytest.fixture
def small_kernel():
    """A kernel whose heap is soon full."""
    before = os.environ.get("NODE_OPTIONS")
    os.environ["NODE_OPTIONS"] = "--max-old-space-size=400"
    kernel = Kernel()
    if before is None:
        del os.environ["NODE_OPTIONS"]
    else:
        os.environ["NODE_OPTIONS"] = before
    yield kernel
    kernel.shut_down()


@pytest.mark.parametrize(
    "code",
    [
        "const rows: object[] = []; for (;;) rows.push({ a: [1] })",
        "const rows: object[] = []; while (true) { rows.push(new Array(1e5).fill({})); await null }",
    ],
)
def test_a_full_heap_ends_the_cell_and_not_the_kernel(small_kernel, code):
    small_kernel.run("let kept = 41")
    reply, _ = small_kernel.run(code, timeout=60)
    assert reply["ename"] == "OutOfMemory", reply
    assert value_of(small_kernel, "kept + 1") == "42"
    small_kernel.run("rows.length = 0")
    assert value_of(small_kernel, "new Array(1e6).fill(1).length") == "1000000"


@pytest.mark.parametrize(
    "code",
    [
        "new Array(2e7).fill(0).map((x) => [x, x])",
        "const rows: number[][] = []; for (;;) rows.push(new Array(1e5).fill(0.5))",
    ],
)
def test_a_heap_that_fills_at_once_is_explained_in_the_cell(small_kernel, code):
    reply, outputs = small_kernel.run(code, timeout=60)
    assert reply["ename"] == "OutOfMemory", reply
    [error] = texts(outputs, "error")
    assert "the kernel has died" in error["evalue"] or "the heap is full" in error["evalue"]


def test_an_array_that_v8_cannot_grow_is_explained_in_the_cell():
    kernel = Kernel()
    try:
        reply, outputs = kernel.run("const b: number[] = []; for (;;) b.push(1)", timeout=60)
        [error] = texts(outputs, "error")
        if reply["ename"] == "RangeError":  # V8 of Node 26 ends the cell alone
            assert error["evalue"] == "Invalid array length"
            assert value_of(kernel, "1 + 1") == "2"
        else:
            assert "the kernel has died, as its heap was full" in error["evalue"]
            assert reply["ename"] == "OutOfMemory"
    finally:
        kernel.shut_down()


def test_cells_that_run_again_and_again_leave_nothing(kernel):
    gc.collect()
    kernel.run("0")
    before = resident(kernel)
    for code in (
        "let big = new Float64Array(2.5e7).fill(1); big.length",
        "new Float64Array(2.5e7).fill(1)",
        "let later = await Promise.resolve(new Float64Array(2.5e7).fill(1)); later.length",
    ):
        for _ in range(8):
            assert kernel.run(code)[0]["status"] == "ok"
    # At most two of the arrays remain: the newest, and the one before it until V8 needs the memory.
    assert wait_for(lambda: resident(kernel) - before < 450, 5), resident(kernel) - before


def test_two_thousand_cells_with_an_interrupt_at_every_tenth():
    kernel = Kernel()
    kinds = [
        lambda i: (f"const a{i} = {i}; a{i} * 2", str(2 * i)),
        lambda i: (f"let s{i} = 0; for (let k = 0; k < 1000; k++) s{i} += k; s{i}", "499500"),
        lambda i: (f"function f{i % 50}(x: number) {{ return x + {i} }} f{i % 50}(1)", str(i + 1)),
        lambda i: (f"class C{i % 20} {{ v = {i} }} new C{i % 20}().v", str(i)),
        lambda i: (f"await Promise.resolve({i})", str(i)),
        lambda i: (f"console.log({i}); total += 1; total", None),
    ]
    try:
        kernel.run("let total = 0")
        for i in range(50):
            kernel.run(kinds[i % len(kinds)](i)[0])
        before, seconds = resident(kernel), []
        for i in range(50, 2000):
            if i % 10 == 0:
                sent = kernel.send("while (true) await new Promise((r) => setTimeout(r, 1));")
                timer = threading.Timer(0.01, kernel.interrupt)
                timer.start()
                assert kernel.reply_to(sent)["status"] == "error"
                timer.join()
            code, expected = kinds[i % len(kinds)](i)
            start = time.monotonic()
            reply, outputs = kernel.run(code)
            seconds.append(time.monotonic() - start)
            assert reply["status"] == "ok", reply
            if expected:
                assert texts(outputs, "execute_result")[-1]["data"]["text/plain"] == expected
        growth = resident(kernel) - before
        early, late = (statistics.median(part) * 1000 for part in (seconds[:300], seconds[-300:]))
        print(f"2,000 cells: {early:.0f} ms at first, {late:.0f} ms at last, memory +{growth:.0f} MB")
        assert late < 2 * early
        assert growth < 300
    finally:
        kernel.shut_down()


def test_interrupts_at_any_moment_are_answered_and_meet_no_other_cell(kernel):
    chance = random.Random(1)
    kernel.run("let begun = 0; class Counted { v = 1 }")
    for i in range(60):
        sent = kernel.send(
            f"begun++; const c{i} = new Counted(); for (let j = 0; j < 3e6; j++);"
            f"await new Promise((resolve) => setTimeout(resolve, 5)); c{i}.v"
        )
        time.sleep(chance.random() * 0.08)
        kernel.interrupt()
        assert kernel.reply_to(sent, timeout=10)["status"] in ("ok", "error")
    assert value_of(kernel, "new Counted().v") == "1"


def test_messages_that_keep_to_no_rule_are_answered_or_dropped(kernel):
    channel = kernel.client.shell_channel
    for kind, content in (
        ("execute_request", {}),
        ("execute_request", {"code": 5}),
        ("complete_request", {"code": "abc", "cursor_pos": 99}),
        ("inspect_request", {}),
        ("is_complete_request", {}),
        ("history_request", {"hist_access_type": "search", "pattern": 5}),
        ("kernel_info_request", None),
    ):
        message = kernel.client.session.msg(kind, content)
        message["content"] = content
        channel.send(message)
        assert kernel.reply_to(message["header"]["msg_id"])["status"] in ("ok", "complete")
    for kind, content in (
        ("toString", {}),
        ("__proto__", {}),
        ("comm_open", None),
        ("comm_msg", {}),
        ("input_reply", {}),
        ("no_request", None),
    ):
        message = kernel.client.session.msg(kind, content)
        message["content"] = content
        channel.send(message)
    assert value_of(kernel, "40 + 2") == "42"


def test_noise_on_its_ports_does_not_end_it(kernel):
    for port in kernel.manager.ports:
        for noise in (b"GET / HTTP/1.1\r\n\r\n", bytes(4000), b"\x16\x03\x01\x02\x00" + bytes(range(256))):
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(noise)
                time.sleep(0.05)
    assert value_of(kernel, "40 + 2") == "42"


def listener(kernel):
    """Another client, which holds next to nothing itself of what it does not read."""
    listener = kernel.client.context.socket(zmq.SUB)
    listener.setsockopt(zmq.RCVHWM, 10)
    listener.setsockopt(zmq.SUBSCRIBE, b"")
    listener.connect(f"tcp://127.0.0.1:{kernel.client.iopub_port}")
    return listener


def test_a_listener_that_never_reads_fills_no_memory_and_takes_nothing_from_one_that_rests(new_kernel):
    kernel = new_kernel  # an old one has garbage of other tests
    kernel.run("0")
    before = resident(kernel)
    deaf, slow = listener(kernel), listener(kernel)
    time.sleep(0.5)
    taken, ended = [], threading.Event()

    def read():
        while slow.poll(1000) or not ended.is_set():
            if len(taken) % 200 == 0:
                time.sleep(1)
            if slow.poll(0):
                taken.append(slow.recv_multipart()[-1].count(b"x"))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        code = "for (let i = 0; i < 15000; i++) { console.log('x'.repeat(10000)); if (i % 200 === 0) await null }"
        reply, outputs = kernel.run(code, timeout=60)
        assert reply["status"] == "ok"
        assert printed(outputs).count("x") == 15000 * 10000
        # 86 to 178 on Node 20 to 26; 262 and more if what has been sent is kept.
        assert resident(kernel) - before < 220
    finally:
        ended.set()
        reader.join()
        deaf.close(linger=0)
        slow.close(linger=0)
    assert sum(taken) - code.count("x") >= 15000 * 10000, sum(taken)
