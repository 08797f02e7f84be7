// Tables that come from somewhere else: a real HAProxy's, told on its socket, and Sluice's own, set in a Sluice that runs.

import { expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { ran, testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { command, Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

const tables = { marked: { key: "ip" as const, expire: "1h", store: ["gpc0", "http_req_rate(60s)"] } };

async function started(room: Room): Promise<Sluice> {
  const origin = new Origin(room, () => ok("fine"));
  return await Sluice.start(room, { tables: { ...tables }, pools: { app: { servers: [origin.address] } } });
}

testWith(["haproxy"])("what HAProxy has counted goes on here", async () => {
  await using room = new Room();
  const [port, socket, config] = [freePort(), room.path("haproxy.sock"), room.path("haproxy.cfg")];
  writeFileSync(
    config,
    `global
  stats socket ${socket} mode 600 level admin
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
backend marked
  stick-table type ip size 1k expire 1h store gpc0,http_req_rate(60s),bytes_out_rate(10s)
frontend web
  bind 127.0.0.1:${port}
  http-request track-sc0 src table marked
  http-request sc-inc-gpc0(0)
  http-request return status 200
`,
  );
  const haproxy = Bun.spawn(["haproxy", "-db", "-f", config], { stdout: "ignore", stderr: "ignore" });
  room.ending(async () => {
    haproxy.kill();
    await haproxy.exited;
  });
  await until("HAProxy", () =>
    fetch(`http://127.0.0.1:${port}/`).then(
      (answer) => answer.ok,
      () => false,
    ),
  );
  await (await fetch(`http://127.0.0.1:${port}/`)).text();
  const dump = room.path("marked.txt");
  writeFileSync(dump, await asked(socket, "show table marked\n"));
  const sluice = await started(room);
  const { code, out, err } = await ran([...command, "table", "import", "marked", dump, "--admin", sluice.admin]);
  expect([code, out]).toEqual([0, "set 1 entry of marked\n"]);
  expect(err).toBe("not stored by marked, and left out: bytes_out_rate\n");
  const shown = await ran([...command, "table", "get", "marked", "127.0.0.1", "--admin", sluice.admin, "--json"]);
  const { values } = JSON.parse(shown.out) as { values: Record<string, number> };
  expect(values["gpc0"]).toBeGreaterThanOrEqual(2);
  const rate = Object.entries(values).find(([name]) => name.startsWith("http_req_rate("))?.[1];
  expect(rate).toBe(values["gpc0"]!);
});

async function asked(path: string, words: string): Promise<string> {
  let told = "";
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = await Bun.connect({
    unix: path,
    socket: { data: (_, bytes) => void (told += bytes), close: () => resolve() },
  });
  socket.write(words);
  await promise;
  return told;
}

test("many entries, from a compressed file, and what of them cannot be set", async () => {
  await using room = new Room();
  const sluice = await started(room);
  const lines = Array.from({ length: 5000 }, (_, at) =>
    JSON.stringify({ key: `10.0.${at >> 8}.${at & 255}`, values: { gpc0: at + 1 } }),
  );
  const path = room.path("entries.jsonl.gz");
  writeFileSync(path, gzipSync([...lines, '{"key":"nobody","values":{"gpc0":1}}', "nonsense"].join("\n")));
  const { code, out, err } = await ran([...command, "table", "import", "marked", path, "--admin", sluice.admin]);
  expect([code, out]).toEqual([1, "set 5000 entries of marked, 1 refused\n"]);
  expect(err).toContain("nobody: ");
  expect(err).toContain("1 line not understood");
  const top = await ran([
    ...command,
    "table",
    "show",
    "marked",
    "--where",
    "gpc0 > 4999",
    "--admin",
    sluice.admin,
    "--json",
  ]);
  expect(top.out).toContain("10.0.19.135");

  // Out, and in again.
  const dump = room.path("dump.json");
  writeFileSync(dump, top.out);
  const again = await ran([...command, "table", "import", "marked", dump, "--admin", sluice.admin, "--json"]);
  expect([again.code, JSON.parse(again.out)]).toMatchObject([0, { set: 1, refused: 0 }]);
});

test("what cannot be imported is told", async () => {
  await using room = new Room();
  const sluice = await started(room);
  const other = room.path("other.txt");
  writeFileSync(other, "# table: other, type: ip\n0x1: key=192.0.2.1 use=0 exp=1 gpc0=1\n");
  const run = async (words: readonly string[]): Promise<{ code: number; err: string }> =>
    await ran([...command, "table", "import", ...words, "--admin", sluice.admin]);
  expect(await run(["marked", other])).toMatchObject({
    code: 2,
    err: expect.stringContaining("has no entry of marked"),
  });
  expect(await run(["marked", room.path("none")])).toMatchObject({
    code: 2,
    err: expect.stringContaining("there is no such file"),
  });
  expect(await run(["nothing", other])).toMatchObject({
    code: 1,
    err: expect.stringContaining("there is no table nothing"),
  });
});
