"""What lib/notebook leaves in a saved notebook."""

import json
import subprocess

import nbformat
import pytest

from conftest import ROOT, jupyter, write_notebook

CELLS = [
    'import { claims, liveFigure, progress, progressBars, show, showSource, showTable } from "../lib";\n'
    "const figure = (id: string, y: number[]) => ({ id, caption: `Caption <${id}>`, alt: `line of ${y.length}`,\n"
    '  data: [{ type: "scatter", y, name: "</script>" }], layout: { height: 300 } });',
    'show(figure("6-1", [1, 2, 3]));',
    'show(figure("6-2", [1, 2]));',
    'for (const i of progress(40, "SGD")) await new Promise((r) => setTimeout(r, 10));',
    "for (const word of progress(['a', 'b', 'c'])) if (word === 'c') break;",
    'const bars = progressBars(["SGD", "Momentum"]);\n'
    "for (let n = 1; n <= 5; n++) { bars(0, n, 5); await new Promise((r) => setTimeout(r, 120)); bars(1, n, 5); }",
    "const losses: number[] = []; const live = liveFigure(() => figure('6-9', losses));\n"
    "for (let n = 0; n < 100; n++) { losses.push(n); live.refresh(); await new Promise((r) => setTimeout(r, 8)); }\n"
    "live.finish();",
    'showTable([{ name: "a|b", loss: 0.5 }]);',
    'claims([{ claim: "always", measured: "1", held: [true, true], mustHold: true }, { claim: "at times", measured: "2", held: [true, false] }]);',
    'showSource("optimizers/sgd.ts", "SGD");',
    'import { Dataset, Momentum, Network, Trainer, tf } from "../lib";\n'
    "const form = { rows: 2, columns: 2, classes: 3, normalize: true, flatten: true, oneHot: false };\n"
    "const images = new Dataset(Uint8Array.from({ length: 40 }, (_, i) => 6 * i), Uint8Array.from({ length: 10 }, (_, i) => i % 3), form);\n"
    "const { x, t } = images.tensors();\n"
    "const network = new Network({ inputSize: 4, hiddenSizes: [5], outputSize: 3 }, 1);\n"
    "const rule = new Momentum();\n"
    'const trainer = new Trainer(network, rule, { train: { x, t, count: 10 } }, { batchSize: 5, iterations: 20, record: ["loss"], seed: 1 });\n'
    "for (let i = 0; i < trainer.iterations; i++) trainer.step();\n"
    "const before = JSON.stringify(tf.memory());",
    "images",
    "({ x, t: [t] })",
    "network",
    "trainer.history",
    "rule",
    'console.log("t is", t);',
    "JSON.stringify(tf.memory()) === before",
]


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The notebook, executed twice."""
    clone = tmp_path_factory.mktemp("clone")
    for name in ("lib", "node_modules"):
        (clone / name).symlink_to(ROOT / name)
    folder = clone / "notebooks"
    folder.mkdir()
    write_notebook(folder / "in.ipynb", CELLS)
    for out in ("first.ipynb", "second.ipynb"):
        result = jupyter(
            "nbconvert",
            "--to",
            "notebook",
            "--execute",
            "--ExecutePreprocessor.record_timing=False",
            "--output",
            out,
            "in.ipynb",
            cwd=folder,
        )
        assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture(scope="module")
def outputs(saved):
    return [cell.outputs for cell in nbformat.read(saved / "first.ipynb", 4).cells]


def test_executed_again_it_is_the_same(saved):
    assert (saved / "first.ipynb").read_text() == (saved / "second.ipynb").read_text()


def test_a_figure_is_one_output_in_three_forms_and_its_caption_follows(outputs):
    for index, id, count in ((1, "6-1", 3), (2, "6-2", 2), (6, "6-9", 100)):
        [output, caption] = outputs[index]
        assert output.metadata == {
            "figure": {"id": id, "number": id, "caption": f"Caption <{id}>", "alt": f"line of {count}"}
        }
        assert set(output.data) == {"application/vnd.plotly.v1+json", "text/html", "text/plain"}
        plot = output.data["application/vnd.plotly.v1+json"]
        assert len(plot["data"][0]["y"]) == count
        assert output.data["text/plain"] == f"line of {count}"
        assert caption.metadata == {"caption": id}
        assert caption.data["text/markdown"] == (
            f"**Figure {id}.** Caption \\<{id}\\>\n\n"
            f"<details><summary>What it shows</summary>\n\nline of {count}\n\n</details>"
        )
        assert caption.data["text/plain"] == f"Figure {id}. Caption <{id}>\n\nWhat it shows: line of {count}"


def test_plotly_is_in_the_notebook_once(outputs):
    html = [output.get("data", {}).get("text/html", "") for cell in outputs for output in cell]
    assert [len(text) > 1_000_000 for text in html].count(True) == 1


def test_progress_leaves_no_times(outputs):
    lines = ["".join(output.data["text/plain"] for output in outputs[i]) for i in (3, 4, 5)]
    assert lines == ["SGD  40 of 40", "stopped after 2 of 3", "SGD       5 of 5\nMomentum  5 of 5"]


def test_tables(outputs):
    assert outputs[7][0].data["text/markdown"] == "| name | loss |\n| :--- | ---: |\n| a\\|b | 0.5 |"
    table = outputs[8][0].data["text/markdown"]
    assert "| always | 1 | ✓ held (2 of 2 seeds) |" in table
    assert "| at times | 2 | ✗ not held (1 of 2 seeds) |" in table


def test_source_is_the_file_as_it_is(outputs):
    code = outputs[9][0].data["text/plain"]
    assert code in (ROOT / "lib" / "optimizers" / "sgd.ts").read_text()
    assert code.startswith("/**") and "export class SGD" in code and code.endswith("}")


def test_last_values_show_themselves_as_text_and_in_rich_form(outputs):
    """And TensorFlow's memory is then as it was before."""
    images, tensors, network, history, rule = (cell[0].data for cell in outputs[11:16])
    assert set(images) == {"text/plain", "text/html"}
    assert images["text/plain"] == (
        "Dataset of 10 images\n  2 × 2 pixels, as [4] from 0 to 1; labels 0 to 2\n  label   0  1  2\n  images  4  3  3"
    )
    assert images["text/html"].count('<img src="data:image/png;base64,') == 10
    assert set(tensors) == {"text/plain"}
    assert tensors["text/plain"].startswith(
        "{\n  x: Tensor [10, 4] float32\n    [[0.00000, 0.02353, 0.04706, 0.07059],\n"
    )
    assert tensors["text/plain"].endswith("\n  t: [ Tensor [10] int32 [0, 1, 2, 0, 1, 2, 0, 1, 2, 0] ]\n}")
    assert set(network) == {"text/plain", "text/markdown"}
    assert network["text/plain"].startswith("Network 4 → 5 → 3, 43 parameters\n  layer ")
    assert "| Affine | [batch, 5] | 25 |" in network["text/markdown"]
    assert set(history) == {"text/plain", "text/html"}
    assert history["text/plain"].startswith("History of 20 updates: loss ")
    assert 'alt="loss, from ' in history["text/html"]
    assert rule == {"text/plain": "Momentum { learningRate: 0.01, momentum: 0.9, steps: 20 }"}
    assert outputs[16][0].text == "t is Tensor [10] int32 [0, 1, 2, 0, 1, 2, 0, 1, 2, 0]\n"
    assert outputs[17][0].data == {"text/plain": "true"}


def test_stock_nbconvert_puts_it_in_a_page_that_draws_itself(saved):
    result = jupyter("nbconvert", "--to", "html", "first.ipynb", cwd=saved)
    assert result.returncode == 0, result.stderr
    (saved / "draw.mjs").write_text(
        f"""
        import {{ chromium }} from "{ROOT}/node_modules/playwright-core/index.mjs";
        import {{ launchOptions }} from "{ROOT}/scripts/setup/chromium.mjs";
        const browser = await chromium.launch(await launchOptions());
        const page = await browser.newPage();
        await page.route("**/*", (route) => (route.request().url().startsWith("file:") ? route.continue() : route.abort()));
        await page.goto("file://{saved}/first.html");
        await page.waitForFunction(() => document.querySelectorAll("figure").length === 3);
        await page.waitForFunction(() => [...document.querySelectorAll("figure")].every((figure) => figure.querySelector(".main-svg")));
        console.log(JSON.stringify(await page.evaluate(() =>
          [...document.querySelectorAll("figure")].map((figure) =>
            [figure.querySelector("[role=img]").ariaLabel,
             figure.closest(".jp-OutputArea-child").nextElementSibling.querySelector("p").textContent]))));
        await browser.close();
        """
    )
    drawn = subprocess.run(["node", "draw.mjs"], cwd=saved, capture_output=True, text=True, timeout=120)
    assert drawn.returncode == 0, drawn.stderr
    assert json.loads(drawn.stdout) == [
        ["line of 3", "Figure 6-1. Caption <6-1>"],
        ["line of 2", "Figure 6-2. Caption <6-2>"],
        ["line of 100", "Figure 6-9. Caption <6-9>"],
    ]
