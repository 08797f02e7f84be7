// Files that change under a config in force. Nobody waits here: each look is asked for, and the clock is a number.

import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Authority, type Issued } from "../../test/authority.ts";
import { judge } from "../config/judge.ts";
import { loadMaterials } from "../config/loadmaterials.ts";
import type { Materials } from "../config/materials.ts";
import { Certificates } from "./certificates.ts";
import { openLog } from "./log.ts";

const authority = new Authority();
const root = mkdtempSync(join(tmpdir(), "sluice-certificates-"));
afterAll(() => {
  authority[Symbol.dispose]();
  rmSync(root, { recursive: true, force: true });
});
const [first, second, third] = [1, 2, 3].map(() => authority.issue(["DNS:a.test"], 90)) as [Issued, Issued, Issued];
const other = authority.issue(["DNS:b.test"], 90);
const dayMs = 86_400_000;

async function stage(certificates: string | string[] = "certs", start: Record<string, string> = {}) {
  const folder = mkdtempSync(join(root, "case-"));
  const put = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  Bun.spawnSync(["mkdir", join(folder, "certs")]);
  put("certs/a.crt", first.cert);
  put("certs/a.key", first.key);
  for (const [name, text] of Object.entries(start)) put(name, text);
  const { config } = judge({
    listeners: { web: { listen: "127.0.0.1:0", use: "app", tls: { certificates } } },
    pools: { app: { servers: ["127.0.0.1:1"] } },
  });
  const lines: string[] = [];
  const world = {
    nowMs: Date.now(),
    wallOffsetMs: 0,
    renewalMs: 0,
    answer: null as string | null | false,
    published: [] as string[][],
    followed: 0,
    hasFreeFiles: true,
  };
  const watch = new Certificates({
    log: openLog({
      level: "info",
      format: "json",
      isColored: false,
      write: (line) => {
        const { level, msg, time: _, ...rest } = JSON.parse(line) as Record<string, unknown>;
        lines.push(
          [level, msg, ...Object.values(rest).map((value) => String(value).replace(`${folder}/`, ""))].join(" "),
        );
      },
    }),
    nowMs: () => world.nowMs + world.wallOffsetMs,
    monotonicMs: () => world.nowMs,
    renew: async (_, materials: Materials) => {
      world.nowMs += world.renewalMs;
      world.published.push(materials.certificatesOf("web").map(({ chain }) => chain.text));
      return world.answer;
    },
    follow: (folders) => {
      world.followed = folders.size;
    },
    hasFreeFiles: () => world.hasFreeFiles,
  });
  watch.adopt(config!, folder, await loadMaterials(config!, folder, world.nowMs));
  const look = async (): Promise<void> => {
    world.nowMs += 60_000;
    await watch.look();
  };
  return { folder, put, lines, world, watch, look };
}

test("a new certificate and its key are put in force, and said to be", async () => {
  const { put, look, world, lines } = await stage();
  expect(world.followed).toBe(2);
  await look();
  expect(world.published).toEqual([]);
  put("certs/a.crt", second.cert);
  put("certs/a.key", second.key);
  await look();
  expect(world.published).toEqual([[second.cert]]);
  expect(lines).toEqual(["info certificate reloaded certs/a.crt a.test 89"]);
  await look();
  expect(world.published).toHaveLength(1);
});

test("files are looked at as often when the wall clock is set back by an hour", async () => {
  const { put, look, world } = await stage();
  await look();
  world.wallOffsetMs = -3_600_000;
  put("certs/a.crt", second.cert);
  put("certs/a.key", second.key);
  await look();
  expect(world.published).toEqual([[second.cert]]);
});

test("a plan that takes its time to be in force does not keep the next change waiting", async () => {
  const { put, look, world, watch } = await stage();
  world.renewalMs = 500;
  put("certs/a.crt", second.cert);
  put("certs/a.key", second.key);
  await look();
  put("certs/a.crt", third.cert);
  put("certs/a.key", third.key);
  world.nowMs += 1000;
  await watch.look();
  expect(world.published).toEqual([[second.cert], [third.cert]]);
});

test("a certificate whose key comes a moment later is not complained of", async () => {
  const { put, look, world, lines } = await stage();
  put("certs/a.crt", second.cert);
  await look();
  expect([world.published, lines]).toEqual([[], []]);
  put("certs/a.key", second.key);
  await look();
  expect(world.published).toEqual([[second.cert]]);
  expect(lines).toEqual(["info certificate reloaded certs/a.crt a.test 89"]);
});

test("what stays bad is told once, stays out, and keeps nothing else from being swapped", async () => {
  const { put, look, world, lines, watch } = await stage("certs", { "certs/b.pem": other.cert + other.key });
  put("certs/a.key", third.key);
  for (let count = 0; count < 4; count++) await look();
  expect(world.published).toEqual([]);
  expect(lines).toEqual([
    expect.stringMatching(
      /^warn certificates: listeners\.web\.tls\.certificates has certs\/a\.crt, which does not match its key: .*; what was read before stays in use$/,
    ),
  ]);
  expect(watch.problems).toHaveLength(1);
  const renewed = authority.issue(["DNS:b.test"], 90);
  put("certs/b.pem", renewed.cert + renewed.key);
  await look();
  expect(world.published).toEqual([[first.cert, renewed.cert]]);
  put("certs/a.crt", third.cert);
  await look();
  expect(world.published.at(-1)).toEqual([third.cert, renewed.cert]);
  expect(lines.at(-1)).toBe("info nothing is wrong with the certificates any more");
  expect(watch.problems).toEqual([]);
});

test("certificates come to a folder and go from it", async () => {
  const { folder, put, look, world, lines } = await stage();
  put("certs/b.pem", other.cert + other.key);
  await look();
  expect(world.published.at(-1)).toEqual([first.cert, other.cert]);
  unlinkSync(join(folder, "certs/b.pem"));
  await look();
  expect(world.published).toHaveLength(1);
  await look();
  expect(world.published.at(-1)).toEqual([first.cert]);
  expect(lines).toEqual([
    "info certificate added certs/b.pem b.test 89",
    "info certificate removed certs/b.pem b.test 89",
  ]);
});

test("a file that is written anew with the same text is no news", async () => {
  const { put, look, world, lines } = await stage();
  put("certs/a.crt", first.cert);
  await look();
  await look();
  expect([world.published, lines]).toEqual([[], []]);
});

test("a plan that workers refuse is told once and tried again later", async () => {
  const { put, look, world, lines } = await stage();
  world.answer = "worker 0 cannot use it";
  put("certs/a.crt", second.cert);
  put("certs/a.key", second.key);
  await look();
  await look();
  expect(lines).toEqual(["error changed certificates could not be put in force: worker 0 cannot use it"]);
  world.answer = null;
  await look();
  expect(world.published.at(-1)).toEqual([second.cert]);
  expect(lines.at(-1)).toStartWith("info certificate reloaded");
});

test("expiry is told at 14, 7, 3 and 1 days, and daily when it is over", async () => {
  const { look, world, lines } = await stage();
  const told: string[] = [];
  for (let day = 0; day < 93; day++) {
    world.nowMs += dayMs;
    await look();
    told.push(...lines.splice(0).map((line) => `${/in (\d+)|ago/.exec(line)?.[0]} ${line.split(" ")[0]}`));
  }
  const over = Array<string>(4).fill("ago error");
  expect(told).toEqual(["in 13 warn", "in 6 warn", "in 2 warn", "in 22 warn", ...over]);
});

test("what was told when the config was loaded is not told again", async () => {
  const short = authority.issue(["DNS:short.test"], 5);
  const { look, lines } = await stage("s.pem", { "s.pem": short.cert + short.key });
  await look();
  expect(lines).toEqual([]);
});

test("what cannot be read for want of descriptors is not gone", async () => {
  const { folder, put, look, world, lines } = await stage("certs", {
    "certs/b.crt": other.cert,
    "certs/b.key": other.key,
  });
  world.hasFreeFiles = false;
  put("certs/a.crt", second.cert);
  put("certs/a.key", second.key);
  unlinkSync(join(folder, "certs/b.key"));
  for (let count = 0; count < 5; count++) await look();
  expect([world.published, lines]).toEqual([
    [],
    [expect.stringContaining("certificates and files of users are not looked at, until it may")],
  ]);
  put("certs/b.key", other.key);
  world.hasFreeFiles = true;
  await look();
  expect(world.published).toEqual([[second.cert, other.cert]]);
});
