// An egress pool that is told of its addresses by a log, over the life of a real Sluice: control that is killed with all it has, a log
// that is rotated meanwhile, orders by the command line; and profiles of its processes.

import { expect, setDefaultTimeout, test } from "bun:test";
import { appendFileSync, renameSync, writeFileSync } from "node:fs";
import type { EgressesAnswer, HistoryAnswer, MembersAnswer } from "../../src/control/egress/answer.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { Room } from "./harness/room.ts";
import { type Draft, Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

const token = "0123456789abcdefgh";

function draftOf(origin: Origin, log: string): Draft {
  return {
    workers: 2,
    pools: { app: { servers: [origin.address] } },
    egress: {
      scrape: {
        members: [{ addresses: ["127.0.0.2-4"] }],
        judge: { statuses: { "403": "failure" }, failures: 3 },
        logs: [{ path: log, format: "$time_iso8601 $status $server_name $http_x_egress_host", mode: "parse" }],
      },
    },
  };
}

const line = (status: number, address: string): string =>
  `${new Date().toISOString().replace(/\.\d+Z$/, "+00:00")} ${status} ${address} shop.example\n`;

async function json<Body>(sluice: Sluice, ...words: readonly string[]): Promise<Body> {
  const { code, out, err } = await sluice.cli("egress", ...words, "--json");
  if (code !== 0) throw new Error(`${words.join(" ")}: ${err}`);
  return JSON.parse(out) as Body;
}

const requests = async (sluice: Sluice): Promise<number[]> =>
  (await json<MembersAnswer>(sluice, "ls", "scrape", "--sort", "config")).members.map((member) => member.requests);

test("what a log says is counted once, over a crash of everything and a rotation that nobody saw", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("ok"));
  const log = room.path("host.access.log");
  writeFileSync(log, line(200, "127.0.0.2") + line(403, "127.0.0.3"));
  const first = await Sluice.start(room, draftOf(origin, log));
  await until("what stood there to be read", async () => (await requests(first)).join() === "1,1,0");
  appendFileSync(log, line(403, "127.0.0.3"));
  await until("what came to be read", async () => (await requests(first)).join() === "1,2,0");

  first.child.kill("SIGKILL");
  await first.child.exited;
  appendFileSync(log, line(403, "127.0.0.3"));
  renameSync(log, `${log}.1`);
  writeFileSync(log, line(200, "127.0.0.4"));
  const second = await Sluice.again(room, first);
  await until("the rest, and its successor, to be read", async () => (await requests(second)).join() === "1,3,1");
  const shown = await second.cli("egress", "show", "127.0.0.3");
  expect(shown.out).toContain("3 requests: 0 succeeded, 3 failed");
  expect(shown.out).toMatch(/shop\.example +cooling down/);
  const { history } = await json<HistoryAnswer>(second, "history", "--failed", "--host", "shop.example");
  expect(history.map(({ member, status, from }) => [member, status, from])).toEqual(
    Array.from({ length: 3 }, () => ["127.0.0.3", 403, "log"]),
  );
});

test("orders hold over a restart, with reason and who", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("ok"));
  const log = room.path("host.access.log");
  const first = await Sluice.start(room, draftOf(origin, log));
  expect(await first.cli("egress", "ban", "127.0.0.2")).toMatchObject({ code: 2 });
  const banned = await first.cli("egress", "ban", "127.0.0.2", "--for", "1h", "--reason", "complaint 4711");
  expect([banned.code, banned.out]).toEqual([
    0,
    expect.stringMatching(/^127\.0\.0\.2 of egress pool scrape is banned until /),
  ]);
  await first.counted(1, "sluice_egress_ips", { state: "banned" });
  first.child.kill("SIGTERM");
  await first.child.exited;
  const second = await Sluice.again(room, first);
  const { out } = await second.cli("egress", "show", "127.0.0.2");
  expect(out).toMatch(/why: by an operator: .+: complaint 4711/);
  expect((await second.cli("egress", "unban", "127.0.0.2")).code).toBe(0);
  expect((await second.cli("egress", "unban", "127.0.0.22")).err).toContain('did you mean "127.0.0.2"?');
  const { pools } = await json<EgressesAnswer>(second, "ls");
  expect(pools[0]).toMatchObject({ states: { available: 3, banned: 0 }, evidence: { logs: [{ absent: 1 }] } });
  expect((await second.cli("status")).out).toContain(`the log ${log} is not there`);
});

test("profiles of control and of a worker are there for who shows the token", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("ok"));
  const [port, admin] = [freePort(), freePort()];
  const config = {
    ...draftOf(origin, room.path("log")),
    admin: { listen: `127.0.0.1:${admin}`, token },
    listeners: { web: { listen: `127.0.0.1:${port}`, use: "app" } },
  };
  const sluice = await Sluice.of(room, room.write("sluice.json", JSON.stringify(config)), port, admin);
  const base = `http://${sluice.admin}/debug`;
  expect((await fetch(`${base}/heap`)).status).toBe(401);
  const authorization = `Bearer ${token}`;
  const [cpu, busy] = await Promise.all([
    fetch(`${base}/cpu?seconds=3&worker=1`, { headers: { authorization } }),
    Bun.sleep(300).then(() => fetch(`${base}/heap`, { headers: { authorization } })),
  ]);
  expect([cpu.status, busy.status]).toEqual([200, 409]);
  expect(Object.keys((await cpu.json()) as object)).toContain("nodes");
  for (const whose of ["", "?worker=0"]) {
    const heap = await fetch(`${base}/heap${whose}`, { headers: { authorization } });
    expect(Object.keys((await heap.json()) as object)).toContain("snapshot");
  }
  expect((await fetch(sluice.url)).status).toBe(200);
});
