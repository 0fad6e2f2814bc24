import { delimiter, dirname, join } from "node:path";
import { cache } from "#setup/clone.mjs";
import { python } from "#setup/python.mjs";

/**
 * The environment for Jupyter's programs: settings, kernels and state come from the clone and stay in it, whatever is
 * in the user's home.
 */
export const jupyterEnvironment = {
  ...process.env,
  PATH: `${dirname(python)}${delimiter}${process.env.PATH}`,
  JUPYTER_PATH: "",
  JUPYTER_CONFIG_DIR: join(cache, "jupyter/config"),
  JUPYTER_DATA_DIR: join(cache, "jupyter/data"),
  JUPYTER_RUNTIME_DIR: join(cache, "jupyter/runtime"),
  IPYTHONDIR: join(cache, "jupyter/ipython"),
};
