import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { judge } from "../config/judge.ts";
import { loadMaterials } from "../config/loadmaterials.ts";
import type { Gateway } from "../config/nginx/gateways.ts";
import { Certificates } from "./certificates.ts";
import { membersIn, tellMembers } from "./egressfiles.ts";
import { openLog } from "./log.ts";

const read = (files: Readonly<Record<string, readonly Gateway[]>>) => ({ nginx: new Map(Object.entries(files)) });
const one: Gateway = { address: "203.0.113.1", port: 19_001 };
const two: Gateway = { address: "203.0.113.2", port: 19_002 };

function told(former: ReturnType<typeof read>, fresh: ReturnType<typeof read>): [boolean, string[]] {
  const lines: string[] = [];
  const log = openLog({ level: "info", format: "json", isColored: false, write: (text) => void lines.push(text) });
  const hasChanged = tellMembers(former, fresh, log);
  return [hasChanged, lines.map((line) => (JSON.parse(line) as { msg: string }).msg)];
}

test("members are told by file, address and port", () => {
  expect([...membersIn(read({ a: [one], b: [one, two] }))]).toEqual([
    "a 203.0.113.1 at port 19001",
    "b 203.0.113.1 at port 19001",
    "b 203.0.113.2 at port 19002",
  ]);
});

test("a line says what has come and gone in a file, and there is none where nothing has", () => {
  expect(told(read({ a: [one] }), read({ a: [one] }))).toEqual([false, []]);
  expect(told(read({ a: [one] }), read({ a: [two], b: [one] }))).toEqual([
    true,
    ["members of egress pools changed: 1 came, 1 went", "members of egress pools changed: 1 came, 0 went"],
  ]);
  expect(told(read({ a: [one] }), read({ a: [{ ...one, port: 5 }] }))[0]).toBe(true);
});

test("files of users that are well again are called so", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-userfiles-"));
  try {
    const put = (text: string): void => writeFileSync(join(folder, "users"), text);
    put("ann:{SHA}cojt0Pw//L6ToM8G41aOKFIWh7w=\n");
    const out = { listen: "127.0.0.1:0", proxy: {}, auth: { file: "users" } };
    const config = judge({ listeners: { out } }).config!;
    let nowMs = Date.now();
    const lines: string[] = [];
    const watch = new Certificates({
      log: openLog({ level: "info", format: "json", isColored: false, write: (text) => void lines.push(text) }),
      nowMs: () => nowMs,
      monotonicMs: () => nowMs,
      renew: async () => null,
      follow: () => {},
    });
    watch.adopt(config, folder, await loadMaterials(config, folder, nowMs));
    for (const text of ["no user\n", "no user\n", "bob:{SHA}cojt0Pw//L6ToM8G41aOKFIWh7w=\n"]) {
      put(text);
      nowMs += 3000;
      await watch.look();
      await watch.look();
    }
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      expect.stringMatching(/^listeners\.out\.auth\.file /),
      "users reloaded",
      "nothing is wrong with the files of users any more",
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("members that come are in force at the next look; those that go only when they are gone at one more; a bad file changes nothing", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-egressfiles-"));
  try {
    const server = (port: number): string => `server { listen ${port}; location / { proxy_bind 127.0.1.${port}; } }\n`;
    const put = (text: string): void => writeFileSync(join(folder, "a.conf"), text);
    put(server(1) + server(2));
    const listeners = { out: { listen: "127.0.0.1:0", proxy: { egress: "ips" } } };
    const config = judge({ listeners, egress: { ips: { members: [{ nginx: "a.conf" }] } } }).config!;
    let nowMs = Date.now();
    const published: (number | undefined)[] = [];
    const lines: string[] = [];
    const watch = new Certificates({
      log: openLog({ level: "info", format: "json", isColored: false, write: (text) => void lines.push(text) }),
      nowMs: () => nowMs,
      monotonicMs: () => nowMs,
      renew: async (_, materials) => {
        published.push(materials.gateways("a.conf")?.length);
        return null;
      },
      follow: () => {},
    });
    watch.adopt(config, folder, await loadMaterials(config, folder, nowMs));
    const look = async (text: string | null): Promise<readonly (number | undefined)[]> => {
      if (text !== null) put(text);
      nowMs += 3000;
      await watch.look();
      return published.splice(0);
    };
    expect(await look(null)).toEqual([]);
    expect(await look(server(1) + server(2) + server(3))).toEqual([3]);
    expect(await look(server(1))).toEqual([]);
    expect(await look(null)).toEqual([1]);
    expect(await look("server {")).toEqual([]);
    expect(await look(null)).toEqual([]);
    expect(watch.problems).toEqual([
      expect.stringMatching(/^egress\.ips\.members\[0\]\.nginx names "a\.conf", .* stays in use$/),
    ]);
    expect(await look(server(1) + server(2))).toEqual([2]);
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg.replace(/ names .*/, ""))).toEqual([
      "members of egress pools changed: 1 came, 0 went",
      "members of egress pools changed: 0 came, 2 went",
      "egress.ips.members[0].nginx",
      "members of egress pools changed: 1 came, 0 went",
      "nothing is wrong with the files of egress pools any more",
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
