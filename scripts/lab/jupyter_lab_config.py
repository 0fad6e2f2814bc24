# How `npm run lab` starts JupyterLab. What is said on the command line, after `--`, comes before this.
import os

c = get_config()  # noqa: F821 (JupyterLab provides it)

c.ServerApp.ip = "127.0.0.1"  # this machine only
c.LabApp.default_url = "/lab/tree/notebooks/README.md"
c.MultiKernelManager.default_kernel_name = "tslab"

# custom/custom.css, beside this file
c.LabApp.custom_css = True
c.ServerApp.tornado_settings = {"static_custom_path": [os.path.join(os.path.dirname(__file__), "custom")]}
