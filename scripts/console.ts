// `npm run console`: builds the web console in console/ into console/dist/, which is committed: whoever runs Sluice has no need of what it
// is built with. A test keeps the two equal. No hashes in names: the files are told apart by their ETag (src/control/console.ts).

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "..");
const source = join(root, "console");
export const consoleFolder: string = join(source, "dist");

/** Parts of others that are in it; each asks for its notice to go with it. */
const libraries = ["preact", "@preact/signals", "@preact/signals-core", "uplot"] as const;

/** Files by name, each with its content. */
export async function builtConsole(): Promise<Record<string, string>> {
  const built = await Bun.build({
    entrypoints: [join(source, "src", "main.tsx")],
    root: source,
    target: "browser",
    minify: true,
    sourcemap: "none",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  const textOf = async (ending: string): Promise<string> => {
    const found = built.outputs.find(({ path }) => path.endsWith(ending));
    if (found === undefined) throw new Error(`the build has no ${ending}`);
    return found.text();
  };
  const notice = "/*! Contains Preact, @preact/signals and uPlot (MIT): see licenses.txt beside this file. */\n";
  return {
    "console.css": await textOf(".css"),
    "console.js": notice + (await textOf(".js")),
    "console.svg": readFileSync(join(source, "icon.svg"), "utf8"),
    "index.html": readFileSync(join(source, "index.html"), "utf8"),
    "licenses.txt": libraries.map(licenseOf).join("\n\n"),
  };
}

function licenseOf(library: string): string {
  const text = readFileSync(join(root, "node_modules", library, "LICENSE"), "utf8");
  return `${library}\n\n${text.trim()}\n`;
}

if (import.meta.main) {
  mkdirSync(consoleFolder, { recursive: true });
  for (const [name, content] of Object.entries(await builtConsole())) {
    writeFileSync(join(consoleFolder, name), content);
    console.log(`console/dist/${name}: ${(content.length / 1000).toFixed(1)} kB`);
  }
}
