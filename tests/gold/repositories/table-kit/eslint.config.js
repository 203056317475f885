import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["coverage/", "dist/"] },
  js.configs.recommended,
  {
    languageOptions: {
      globals: { ...globals.node },
    },
  },
  {
    rules: {
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
    },
  },
];
