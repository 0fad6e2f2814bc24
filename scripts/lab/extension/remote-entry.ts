// The extension's entry: a plain script that puts a container where JupyterLab looks for it. A bundler would write the
// same around the two modules; here the browser loads them as they are.
{
  type Shared = Record<string, Record<string, { get(): Promise<() => unknown> }>>;
  const folder = (document.currentScript as HTMLScriptElement).src.replace(/[^/]*$/, "");
  let shared: Shared;

  /** One of JupyterLab's own packages. */
  async function take(name: string): Promise<unknown> {
    const versions = Object.values(shared[name] ?? {});
    if (versions.length === 0) throw new Error(`this JupyterLab does not share ${name}`);
    return (await versions[0].get())();
  }

  const modules: Record<string, () => Promise<unknown>> = {
    async "./mimeExtension"() {
      const [{ figures }, { Widget }] = await Promise.all([
        import(`${folder}figures.js`) as Promise<typeof import("./figures.js")>,
        take("@lumino/widgets") as Promise<typeof import("@lumino/widgets")>,
      ]);
      return figures(Widget, folder);
    },
    async "./extension"() {
      return ((await import(`${folder}first-page.js`)) as typeof import("./first-page.js")).firstPage;
    },
  };

  const containers = ((window as { _JUPYTERLAB?: Record<string, unknown> })._JUPYTERLAB ??= {});
  containers["training-techniques"] = {
    init: (scope: Shared) => void (shared = scope),
    get: async (name: string) => {
      const module = { __esModule: true, default: await modules[name]() };
      return () => module;
    },
  };
}
