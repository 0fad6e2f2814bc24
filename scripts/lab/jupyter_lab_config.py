# How `npm run lab` starts JupyterLab. What is said on the command line, after `--`, comes before this.
c = get_config()  # noqa: F821 (JupyterLab provides it)

c.ServerApp.ip = "127.0.0.1"  # this machine only
c.LabApp.default_url = "/lab/tree/notebooks/README.md"
# Only our kernel is offered: the Python that JupyterLab brings does not know this project's packages.
c.MultiKernelManager.default_kernel_name = "tslab"
c.KernelSpecManager.allowed_kernelspecs = {"tslab"}
c.KernelSpecManager.ensure_native_kernel = False
