"""How nbconvert executes a notebook for `npm run notebooks`.

It tells what happens, one JSON object a line on stdout: {"cell": index} when a cell begins, and
{"cell", "error", "outputs"} when one fails.
"""

import json

c = get_config()  # noqa: F821 (nbconvert provides it)

# Nothing that differs from run to run goes into the notebook.
c.ExecutePreprocessor.record_timing = False
c.ExecutePreprocessor.coalesce_streams = True
# The longest cell takes about a minute on two cores; a machine may be much slower, but a hang must end.
c.ExecutePreprocessor.timeout = 1800


def tell(**event):
    print(json.dumps(event), flush=True)


def on_cell_start(cell, cell_index):
    if cell.cell_type == "code":
        tell(cell=cell_index)


def on_cell_error(cell, cell_index, execute_reply):
    tell(cell=cell_index, error=execute_reply["content"], outputs=cell.outputs)


c.ExecutePreprocessor.on_cell_start = on_cell_start
c.ExecutePreprocessor.on_cell_error = on_cell_error
