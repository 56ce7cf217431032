import js from "@eslint/js";
import globals from "globals";
import tseslint from "typescript-eslint";

const unused = { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true };

export default tseslint.config(
  {
    ignores: [
      "target/",
      "**/dist/",
      "js/wasm/",
      "worker-example/public/vendor/",
      "worker-example/public/physics/vendor/",
      "**/.wrangler/",
      "**/.work/",
      "tests/fixtures/",
      "**/*.d.ts",
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  js.configs.recommended,
  { rules: { eqeqeq: ["error", "always", { null: "ignore" }], "no-var": "error" } },
  {
    // The types decide about TypeScript: what is awaited, what may be undefined, what a condition can be.
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-floating-promises": [
        "error",
        {
          // Their promises are the runner's business.
          allowForKnownSafeCalls: [
            { from: "package", package: "node:test", name: ["test", "it", "describe", "suite"] },
          ],
        },
      ],
      "@typescript-eslint/no-unused-vars": ["error", unused],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
    },
  },
  {
    // Single files that a test gives to a bundler belong to no project, so nobody knows their types.
    files: ["tests/**/*.ts"],
    extends: [tseslint.configs.disableTypeChecked],
  },
  {
    files: ["js/src/**/*.ts"],
    rules: { "@typescript-eslint/explicit-module-boundary-types": "error" },
  },
  {
    files: ["**/*.{js,mjs,cjs}"],
    languageOptions: { globals: globals.node },
    rules: { "no-unused-vars": ["error", unused], "prefer-const": "error" },
  },
  {
    // What browsers run: the page as it is, and functions that tests send into one.
    files: ["worker-example/public/**/*.{js,mjs}", "tests/**/*.{js,mjs}"],
    languageOptions: { globals: globals.browser },
  },
);
