// Who tries a block of the documentation, by its language. Configs, types and documents are tried here, wherever they stand; shells, what
// programs say, and programs of tests are tried by a test that walks through the page (test/e2e/harness/walk.ts). Drawings and what else
// nobody can run are exceptions, each with its reason.

import type { Block } from "./pages.ts";

/** By language: the test that takes every block of it. */
export const takers: Readonly<Record<string, string>> = {
  yaml: "scripts/docs/configs.test.ts",
  // What is a config is loaded, too (configs.test.ts), and what is a hook is asked (hooks.test.ts).
  ts: "scripts/docs/types.test.ts",
  toml: "scripts/docs/documents.test.ts",
};

/** Languages of which each block is to be taken on a walk. */
const walkedLanguages = new Set(["sh", "console", "text", "json"]);

/** By how they begin: why nobody runs them. */
export const untriable: Readonly<Record<string, string>> = {
  "rate = current + floor(": "a formula: src/memory/freqcounter.test.ts counts by it",
};

export function mustBeTaken({ language, text }: Block): boolean {
  if (language === "ts") return text.includes('from "bun:test"');
  if (!walkedLanguages.has(language)) return false;
  return !(language === "text" && (isDrawing(text) || Object.keys(untriable).some((begin) => text.startsWith(begin))));
}

/** Of boxes and arrows. */
export function isDrawing(text: string): boolean {
  return /[─│]/.test(text);
}
