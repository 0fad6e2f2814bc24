import { join } from "node:path";
import { cache, venv } from "#setup/clone.mjs";

/**
 * The environment for Jupyter's programs: settings, kernels and state come from the clone and stay in it, whatever is
 * in the user's home.
 */
export const jupyterEnvironment = {
  ...process.env,
  PATH: `${join(venv, "bin")}:${process.env.PATH}`,
  JUPYTER_PATH: "",
  JUPYTER_CONFIG_DIR: join(cache, "jupyter/config"),
  JUPYTER_DATA_DIR: join(cache, "jupyter/data"),
  JUPYTER_RUNTIME_DIR: join(cache, "jupyter/runtime"),
  IPYTHONDIR: join(cache, "jupyter/ipython"),
};
