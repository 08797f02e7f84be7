import { expect, test } from "bun:test";
import type { Config } from "../../config/types.ts";
import { patchedTree } from "./patching.ts";
import type { PatchOperation } from "./service.ts";

const config = {
  debug: { token: "correct-horse-battery" },
  egress: { out: { members: [{ proxies: ["10.0.0.1:80:ann:hunter"] }] } },
  pools: { app: { servers: ["10.0.0.1:80"] } },
} as unknown as Config; // As much of one as is asked for here.

const patched = (...operations: PatchOperation[]): unknown => patchedTree(config, { kind: "operations", operations });

test("a secret is not copied or moved to where it would be shown, alone or in what it stands in", () => {
  for (const op of ["copy", "move"] as const)
    for (const [from, path] of [
      ["/debug/token", "/pools/leak"],
      ["/debug/token", "/pools/app/servers/0"],
      ["/debug", "/lists"],
      ["/egress/out/members/0/proxies/0", "/pools/app/servers/-"],
    ] as const)
      expect(patched({ op, from, path })).toMatchObject({
        ok: false,
        message: expect.stringMatching(/a secret in it/),
      });
});

test("where it is kept secret too it may stand, and what holds none anywhere", () => {
  const proxies = "/egress/out/members/0/proxies";
  expect(patched({ op: "copy", from: `${proxies}/0`, path: `${proxies}/-` })).toMatchObject({ ok: true });
  expect(patched({ op: "move", from: "/egress/out", path: "/egress/other" })).toMatchObject({ ok: true });
  expect(patched({ op: "copy", from: "/pools/app", path: "/pools/web" })).toMatchObject({ ok: true });
});

test("what copies nest too deep is refused before anybody walks it", () => {
  const operations = Array.from({ length: 102 }, () => ({ op: "copy" as const, from: "/pools", path: "/pools/a" }));
  expect(patched(...operations)).toEqual({ ok: false, message: "what it makes is nested too deeply" });
});
