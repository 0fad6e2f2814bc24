// TypeDoc's options for the library's reference, and what it does not do by itself: categories as lib/index.ts has them,
// names for parameters that are taken apart, and a way back to the chapter.
import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import {
  type Application,
  Comment,
  CommentTag,
  type Context,
  Converter,
  JSX,
  MinimalSourceFile,
  normalizePath,
  type ParameterReflection,
  type Reflection,
  ReflectionKind,
} from "typedoc";
import { root } from "#setup/clone.mjs";

/** The part of markdown-it that is used here. */
interface MarkdownParser {
  options: { highlight: (code: string, language: string, attributes: string) => string };
  core: { ruler: { push(name: string, rule: (state: { tokens: Token[] }) => void): void } };
}

interface Token {
  type: string;
  content: string;
  children: Token[] | null;
}

/** The sections of lib/index.ts: the comment that begins each, and what is exported under it. */
const categories = readFileSync(join(root, "lib/index.ts"), "utf8")
  .split(/^\/\/ /m)
  .slice(1)
  .map((section) => {
    const [title, ...code] = section.split("\n");
    return { title: title.replace(/\.$/, ""), ...exportsOf(code.join("\n")) };
  });

function exportsOf(code: string): { names: string[]; folders: string[] } {
  // Of these folders everything is exported.
  const folders = [...code.matchAll(/export \* from "\.\/(\w+)"/g)].map(([, folder]) => folder);
  const indices = folders.map((folder) => readFileSync(join(root, "lib", folder, "index.ts"), "utf8"));
  const lists = [...[code, ...indices].join("\n").matchAll(/export (?:type )?\{([^}]*)\}/g)];
  const names = lists.flatMap(([, list]) => list.split(",").map((name) => name.trim().replace(/^type /, "")));
  return { names, folders: folders.map((folder) => `lib/${folder}/`) };
}

export default {
  name: "Training Techniques: the library",
  readme: "none",
  disableSources: true,
  excludeExternals: true,
  hideGenerator: true,
  skipErrorChecking: true,
  exclude: ["**/*.test.ts"],
  sort: ["source-order"],
  categorizeByGroup: false,
  categoryOrder: categories.map(({ title }) => title),
  navigation: { includeCategories: true, includeGroups: false },
  favicon: join(root, "scripts/render/theme/icon.svg"),
  plugin: [extend],
  /** Keeps equations on separate lines, which Markdown would join into one, and colours code whole. */
  markdownItLoader(parser: MarkdownParser) {
    const { highlight } = parser.options;
    parser.options.highlight = (...code) => untimed(() => highlight(...code));
    parser.core.ruler.push("equations", ({ tokens }) => {
      for (const { children } of tokens) keepEquations(children ?? []);
    });
  },
};

/** The highlighter gives a line up after half a second, so that on a busy machine some code would stay without colours. */
function untimed<T>(work: () => T): T {
  const { now } = Date;
  const frozen = now();
  Date.now = () => frozen;
  try {
    return work();
  } finally {
    Date.now = now;
  }
}

function keepEquations(inline: Token[]): void {
  let lineStart = 0;
  inline.forEach((token, i) => {
    if (token.type !== "softbreak") return;
    if (isEquation(inline[lineStart]) && isEquation(inline[i + 1])) token.type = "hardbreak";
    lineStart = i + 1;
  });
}

const isEquation = (token?: Token) => token?.type === "code_inline" && /[←=]/.test(token.content);

function extend(app: Application): void {
  const titles = new Map<Reflection, string>();

  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, (context: Context) => {
    const { project } = context;
    project.comment = new Comment(introduction(app, context));
    for (const child of project.children ?? []) {
      const title = titleFor(child, context);
      if (!title) continue;
      titles.set(child, title);
      child.comment ??= new Comment();
      child.comment.blockTags.push(new CommentTag("@category", [{ kind: "text", text: title }]));
    }
  });

  // Once docstrings have found their parameters, last of all.
  const LAST = -1000;
  app.converter.on(
    Converter.EVENT_RESOLVE_END,
    ({ project }: Context) => {
      for (const parameter of project.getReflectionsByKind(ReflectionKind.Parameter))
        if (parameter.name === "__namedParameters") parameter.name = nameFor(parameter as ParameterReflection);
    },
    LAST,
  );

  app.renderer.hooks.on("content.begin", (context) => {
    const title = titles.get(context.page.model);
    const section = title && sectionFor(title);
    const link = (file: string, text: string) =>
      JSX.createElement("a", { href: context.relativeURL(`../${file}`) }, text);
    return JSX.createElement(
      "p",
      null,
      link("index.html", "The chapter"),
      ...(section ? [" › ", link(section, title)] : []),
    );
  });
}

function introduction(app: Application, { project }: Context) {
  const file = join(root, "scripts/render/reference-introduction.md");
  const source = new MinimalSourceFile(readFileSync(file, "utf8"), normalizePath(file));
  return app.converter.parseRawComment(source, project.files).content;
}

/** The section of lib/index.ts that exports a name. */
function titleFor(child: Reflection, context: Context): string | undefined {
  const declaration = context.getSymbolFromReflection(child)?.declarations?.[0];
  const file = relative(root, declaration?.getSourceFile().fileName ?? "");
  const { title } =
    categories.find(({ names }) => names.includes(child.name)) ??
    categories.find(({ folders }) => folders.some((folder) => file.startsWith(folder))) ??
    {};
  return title;
}

/** The page of the section that a title begins with the number of. */
function sectionFor(title: string): string | undefined {
  const number = /^\d+\.\d+ /.exec(title)?.[0].trim();
  if (!number) return undefined;
  const notebook = readdirSync(join(root, "notebooks")).find((name) => name.startsWith(`${number}-`));
  return notebook?.replace(/\.ipynb$/, ".html");
}

/** A parameter that is taken apart has no name: it gets that of its type. */
function nameFor({ type }: ParameterReflection): string {
  const name = type?.type === "reference" ? type.name : undefined;
  if (!name || name.endsWith("Options")) return "options";
  return name[0].toLowerCase() + name.slice(1);
}
