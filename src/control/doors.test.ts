import { afterEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "../config/types.ts";
import type { AdminService } from "./adminservice.ts";
import type { AuditRecord } from "./api/shape/audit.ts";
import { Doors, type DoorsOptions } from "./doors.ts";
import { silentLog } from "./log.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function stage(config: object = {}, foreign?: string) {
  const folder = mkdtempSync(join(tmpdir(), "doors-"));
  ends.push(() => rmSync(folder, { recursive: true }));
  const records: AuditRecord[] = [];
  const service = {
    status: () => ({ version: "1", pools: [] }),
    unreadiness: () => null,
    metrics: () => "a 1\n",
    steer: () => null,
  };
  // What is asked for here asks no more of them.
  const parts = {
    live: { operations: () => [], audited: (record: AuditRecord) => void records.push(record) },
    ...{ holdings: {}, registering: {}, supervisor: {} },
  };
  const all = { admin: { listen: "127.0.0.1:0" }, ...config } as unknown as Config;
  const options: DoorsOptions = {
    ...{ config: all, current: () => all, foreign, service: service as unknown as AdminService, log: silentLog() },
    ...{ parts: parts as unknown as DoorsOptions["parts"], folder, takeProfile: undefined, answered: () => {} },
  };
  const open = async (): Promise<Doors> => {
    const doors = await Doors.open(options);
    ends.push(() => doors.close());
    return doors;
  };
  return { open, folder, records };
}

const portOf = (doors: Doors): number => (doors.address as { port: number }).port;

test("a change over the admin interface is in the log of the state folder, and told to who listens", async () => {
  const { open, folder, records } = stage();
  const doors = await open();
  const url = `http://127.0.0.1:${portOf(doors)}/api/v1/pools/app/servers/a:1/drain`;
  expect((await fetch(url, { method: "POST" })).status).toBe(200);
  expect(records.map(({ operation }) => operation)).toEqual(["drainServer"]);
  expect(existsSync(join(folder, "audit.log"))).toBeTrue();
});

test("rate and names are those of the config", async () => {
  const { open } = stage({ admin: { listen: "127.0.0.1:0", hosts: ["sluice.example"], rateLimit: "1/h" } });
  const url = `http://127.0.0.1:${portOf(await open())}/api/v1/workers`;
  const named = await fetch(url, { headers: { host: "sluice.example" } });
  expect(named.status).not.toBe(403);
  const answers = await Promise.all(Array.from({ length: 30 }, () => fetch(url)));
  expect(answers.filter(({ status }) => status === 429).length).toBe(11);
});

test.each([
  [undefined, "set admin.token"],
  ["ipmanager", "set token in the config file"],
  [
    "haproxy",
    "a config of haproxy has no word for it; sluice convert makes one of Sluice's own of it, which has admin.token",
  ],
])(
  "without a token profiles are refused in the words of the file that Sluice was started with: %s",
  async (foreign, words) => {
    const { open } = stage({}, foreign);
    const answer = await fetch(`http://127.0.0.1:${portOf(await open())}/debug/`);
    expect([answer.status, await answer.json()]).toEqual([
      403,
      { error: `profiles hold what is in memory, and are there for who shows the admin token: ${words}` },
    ]);
  },
);

test("in the state folder it can be asked without the token, until it ends", async () => {
  const { open, folder } = stage({
    admin: { listen: "127.0.0.1:0", token: "sixteencharacters", hosts: ["sluice.example"] },
  });
  const doors = await open();
  const status = "/api/v1/workers";
  expect((await fetch(`http://127.0.0.1:${portOf(doors)}${status}`)).status).toBe(401);
  const unix = join(folder, "admin.sock");
  expect((await fetch(`http://localhost${status}`, { unix })).status).not.toBe(401);
  await doors.close();
  expect(existsSync(unix)).toBeFalse();
});

test.each([
  ["haproxy", "; SLUICE_ADMIN in the environment gives it another, as in SLUICE_ADMIN=127.0.0.1:2113"],
  [undefined, ""],
])("where the admin interface's address is taken the words of the file say what to do: %s", async (foreign, words) => {
  const taken = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  ends.push(() => taken.stop(true));
  const { open } = stage({ admin: { listen: `127.0.0.1:${taken.port}` } }, foreign);
  const failure = await open().catch((error: Error) => error.message);
  expect(failure).toStartWith(`the admin interface cannot listen on 127.0.0.1:${taken.port}: the address is in use`);
  expect(failure).toEndWith(words === "" ? ")" : words);
});

test("where one address cannot be listened on none stays open", async () => {
  const taken = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  ends.push(() => taken.stop(true));
  const free = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = free;
  free.stop(true);
  const { open } = stage({ admin: { listen: `127.0.0.1:${port}` }, metrics: { listen: `127.0.0.1:${taken.port}` } });
  await expect(open()).rejects.toThrow(`cannot listen on 127.0.0.1:${taken.port}`);
  await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
});
