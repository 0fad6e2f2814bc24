// TypeDoc's options for the library's reference.

/** The part of markdown-it that is used here. */
interface MarkdownParser {
  core: { ruler: { push(name: string, rule: (state: { tokens: Token[] }) => void): void } };
}

interface Token {
  type: string;
  content: string;
  children: Token[] | null;
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
  /** Keeps equations on separate lines, which Markdown would join into one. */
  markdownItLoader(parser: MarkdownParser) {
    parser.core.ruler.push("equations", ({ tokens }) => {
      for (const { children } of tokens) keepEquations(children ?? []);
    });
  },
};

function keepEquations(inline: Token[]): void {
  let lineStart = 0;
  inline.forEach((token, i) => {
    if (token.type !== "softbreak") return;
    if (isEquation(inline[lineStart]) && isEquation(inline[i + 1])) token.type = "hardbreak";
    lineStart = i + 1;
  });
}

const isEquation = (token?: Token) => token?.type === "code_inline" && /[←=]/.test(token.content);
