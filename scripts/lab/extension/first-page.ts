/** The part of JupyterLab's application that is used here. */
interface Application {
  restored: Promise<void>;
  shell: { widgets(area: "main"): Iterable<{ id: string }> };
  commands: { execute(id: string, args: object): Promise<unknown> };
  serviceManager: { contents: { get(path: string, options: { content: boolean }): Promise<unknown> } };
}

const FIRST_PAGE = "notebooks/README.md";

/** Opens the page that says where to begin, unless the URL or the last session opens something else. */
export const firstPage = {
  id: "training-techniques:first-page",
  autoStart: true,
  activate({ restored, shell, commands, serviceManager: { contents } }: Application): void {
    if (!/\/lab(\/workspaces\/[^/]*)?\/?$/.test(location.pathname)) return;
    void restored.then(async () => {
      const isEmpty = [...shell.widgets("main")].every(({ id }) => id.startsWith("launcher"));
      const isHere = await contents.get(FIRST_PAGE, { content: false }).catch(() => undefined);
      if (isEmpty && isHere)
        await commands.execute("docmanager:open", { path: FIRST_PAGE, factory: "Markdown Preview" });
    });
  },
};
