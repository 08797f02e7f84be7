// The files of the web console as operations of the admin interface, at its root. Which there are and how they are sent stands in
// ../console.ts; they are asked for by browsers, and need no token.

import { type ConsolePath, consoleAnswer, consoleTypes } from "../console.ts";
import { type Operation, wordedOperation } from "./operation.ts";

const subjects: Readonly<Record<ConsolePath, readonly [id: string, summary: string]>> = {
  "/": ["getConsole", "the web console, for people with a browser"],
  "/console.js": ["getConsoleScript", "its script"],
  "/console.css": ["getConsoleStyle", "its style sheet"],
  "/console.svg": ["getConsoleIcon", "its icon"],
};

export function consoleOperations(): readonly Operation[] {
  return (Object.keys(subjects) as ConsolePath[]).map((path) =>
    wordedOperation({
      ...{ id: subjects[path][0], summary: subjects[path][1], method: "GET", path, tag: "Console", isOpen: true },
      answers: {
        200: { description: "The file.", type: consoleTypes[path] },
        304: { description: "The browser has it already (If-None-Match)." },
      },
      isOpen: true,
      handle: ({ request }) => consoleAnswer(request, path),
    }),
  );
}
