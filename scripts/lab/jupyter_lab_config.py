# How `npm run lab` starts JupyterLab. What is said on the command line, after `--`, comes before this.
import os
import re

c = get_config()  # noqa: F821 (JupyterLab provides it)

c.ServerApp.ip = "127.0.0.1"  # this machine only
# In a codespace GitHub passes on what a browser asks at an address of the codespace's own.
codespace, domain = (os.environ.get(name) for name in ("CODESPACE_NAME", "GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN"))
if codespace and domain:
    c.ServerApp.allow_origin_pat = rf"https://{re.escape(codespace)}-\d+\.{re.escape(domain)}$"
c.LabApp.default_url = "/lab/tree/notebooks/README.md"
# Only our kernel is offered: the Python that JupyterLab brings does not know this project's packages.
c.MultiKernelManager.default_kernel_name = "tslab"
c.KernelSpecManager.allowed_kernelspecs = {"tslab"}
c.KernelSpecManager.ensure_native_kernel = False
