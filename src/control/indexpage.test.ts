import { expect, test } from "bun:test";
import type { AdminService } from "./adminservice.ts";
import { adminOperations } from "./api/operations.ts";
import { indexPage } from "./indexpage.ts";
import type { Status } from "./status.ts";

// Nobody asks it anything here.
const operations = adminOperations({} as AdminService, []);
const status = { version: "1.2.3", state: "ready", generation: 4, pools: [] } as unknown as Status;
const page = indexPage(status, operations);

test("every operation is named, with what it is", () => {
  expect(operations.length).toBeGreaterThan(10);
  for (const { path, summary } of operations)
    expect([path, page.includes(`>${path}<`), page.includes(`>${summary}<`)]).toEqual([path, true, true]);
});

test("a link is what a browser can follow: a GET of a path without a name to fill in", () => {
  const links = [...page.matchAll(/<td>([^<]+)<\/td><td><code><a href="([^"]+)"/g)];
  expect(links.length).toBeGreaterThan(6);
  for (const [, method, path] of links) expect([method, path]).toEqual(["GET", expect.stringMatching(/^[^{]+$/)]);
});
