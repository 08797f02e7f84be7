import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { builtConsole, consoleFolder } from "./console.ts";

test("console/dist/ is what its sources give (npm run console)", async () => {
  const built = await builtConsole();
  expect(readdirSync(consoleFolder).sort()).toEqual(Object.keys(built).sort());
  for (const [name, content] of Object.entries(built))
    expect({ name, isSame: readFileSync(join(consoleFolder, name), "utf8") === content }).toEqual({
      name,
      isSame: true,
    });
});

test("no part of the console is asked for from elsewhere", async () => {
  for (const [name, content] of Object.entries(await builtConsole())) {
    if (name === "licenses.txt") continue;
    const named = (content.match(/https?:\/\/[^\s"'`)]+/g) ?? []).filter(
      // Names of namespaces, and what stands in empty fields (RFC 2606).
      (url) => !url.startsWith("http://www.w3.org/") && !/^https?:\/\/example\.com\//.test(url),
    );
    expect({ name, named }).toEqual({ name, named: [] });
  }
});
