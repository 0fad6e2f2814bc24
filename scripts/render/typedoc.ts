// @ts-check
// How the reference of the library is made from its docstrings.

/** @typedef {{ type: string, content: string, children: Token[] | null }} Token */

export default {
  name: "Training Techniques: the library",
  readme: "none",
  disableSources: true,
  excludeExternals: true,
  hideGenerator: true,
  skipErrorChecking: true,
  exclude: ["**/*.test.ts"],
  sort: ["source-order"],
  /**
   * Equations on lines of their own stay there, where Markdown would make one line of them.
   * @param {any} parser  of markdown-it
   */
  markdownItLoader(parser) {
    parser.core.ruler.push("equations", (/** @type {{ tokens: Token[] }} */ { tokens }) => {
      for (const { children } of tokens) keepEquations(children ?? []);
    });
  },
};

/** @param {Token[]} inline */
function keepEquations(inline) {
  let lineStart = 0;
  inline.forEach((token, i) => {
    if (token.type !== "softbreak") return;
    if (isEquation(inline[lineStart]) && isEquation(inline[i + 1])) token.type = "hardbreak";
    lineStart = i + 1;
  });
}

/** @param {Token | undefined} token */
const isEquation = (token) => token?.type === "code_inline" && /[←=]/.test(token.content);
