// What the compiler does not see: promises that are not awaited, `any`, and imports against the order of the rooms.
import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

/**
 * Imports run one way, from the notebooks down to tfjs. A rule that is given twice for one file replaces the first, so
 * no file belongs to two rooms.
 */
const room = (files, forbidden, message, ignores = []) => ({
  files,
  ignores: ["**/*.test.ts", ...ignores],
  rules: { "no-restricted-imports": ["error", { patterns: [{ regex: forbidden, message }] }] },
});

export default defineConfig(
  globalIgnores([
    "lib/dist",
    "scripts/dist",
    "site",
    ".cache",
    ".venv",
    "notebooks",
    "scripts/kernel/tslab-typescript",
  ]),
  js.configs.recommended,
  tseslint.configs.recommended,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-undef": "off", // the compiler's work
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
      "@typescript-eslint/no-floating-promises": [
        "error",
        {
          allowForKnownSafeCalls: [
            { from: "package", package: "node:test", name: ["test", "suite", "describe", "it"] },
          ],
        },
      ],
      "@typescript-eslint/no-misused-promises": "error",
      // The library is compiled to CommonJS; `require` stands where a module has no types, or is loaded late.
      "@typescript-eslint/no-require-imports": "off",
      "@typescript-eslint/no-this-alias": ["error", { allowedNames: ["recorder"] }],
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_$", ignoreRestSiblings: true },
      ],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
    },
  },

  // What each room may not import.
  room(
    ["lib/engine/*.ts", "lib/engine/backend/*.ts"],
    "^\\.\\./",
    "The engine knows tensors and TensorFlow, and nothing that is made of them.",
  ),
  room(
    ["lib/data/*.ts"],
    "^\\.\\./(?!(clone|engine/.*|printable|random)$)",
    "Data sets know nothing of what learns from them.",
  ),
  room(
    ["lib/*.ts"],
    "^\\./(exercises|experiments|search|figures|notebook|inspect|testing)(/|$)",
    "What is trained knows nothing of experiments, figures or notebooks.",
    ["lib/index.ts"],
  ),
  room(
    ["lib/layers/*.ts", "lib/optimizers/*.ts"],
    "^\\.\\./(?!(engine/.*|checked|look|random)$)",
    "Layers and update rules know only tensors.",
  ),
  room(["lib/figures/*.ts"], "^\\.\\./", "Figures are pure functions of numbers."),
  room(
    ["lib/experiments/*.ts", "lib/experiments/{local,remote}/*.ts"],
    "^(\\.\\./)+(exercises|search|figures|notebook|testing|inspect)(/|$)",
    "What is run knows nothing of how it is searched or shown.",
  ),
  room(
    ["lib/search/*.ts"],
    "^\\.\\./(exercises|figures|notebook|testing|inspect)(/|$)",
    "What is searched knows nothing of how it is shown.",
  ),
  room(
    ["scripts/kernel/compiler/*.ts"],
    "^(node:|#|\\.\\./\\.\\.|\\.\\./(?!(compiler|names)\\.js))",
    "The compiler runs in a browser, too.",
  ),
  room(
    ["scripts/kernel/protocol/*.ts"],
    "/(execution|language(?!/command)|compiler)/",
    "The kernel's threads share nothing but messages.ts.",
  ),
  room(
    ["scripts/kernel/execution/*.ts"],
    "/(protocol|language)/",
    "The kernel's threads share nothing but messages.ts and what the compiler gives.",
  ),
  room(
    ["scripts/kernel/language/*.ts"],
    "/(protocol|execution)/",
    "The kernel's threads share nothing but messages.ts and what the compiler gives.",
  ),

  // Without types yet.
  {
    files: ["*.config.mjs"],
    extends: [tseslint.configs.disableTypeChecked],
  },
);
