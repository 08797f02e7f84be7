import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { indexPage } from "./indexpage.ts";
import type { Status } from "./status.ts";

const page = indexPage({ version: "1.2.3", state: "ready", generation: 4, pools: [] } as unknown as Status);

test("every path that the admin interface answers is named", () => {
  const sources = [
    join(import.meta.dir, "admin.ts"),
    ...readdirSync(join(import.meta.dir, "api"))
      .filter((name) => !name.endsWith(".test.ts"))
      .map((name) => join(import.meta.dir, "api", name)),
  ];
  const paths = new Set(
    sources.flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/"(\/api\/v1\/[^"]+)"/g)].map((found) => found[1]!),
    ),
  );
  expect(paths.size).toBeGreaterThan(6);
  for (const path of [...paths, "/api/v1/tables/NAME/entries/KEY", "/api/v1/bans/ADDRESS"])
    expect([path, page.includes(`>${path}<`)]).toEqual([path, true]);
});

test("a link is what a browser can follow: a GET of a path without a name to fill in", () => {
  const links = [...page.matchAll(/<td>([^<]+)<\/td><td><code><a href="([^"]+)"/g)];
  expect(links.length).toBeGreaterThan(6);
  for (const [, method, path] of links) expect([method, path]).toEqual(["GET", expect.stringMatching(/^[^A-Z]+$/)]);
});
