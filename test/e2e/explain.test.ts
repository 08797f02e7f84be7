// `sluice explain` of a running Sluice and of a config alone, and the trace of a live request.

import { expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Explanation } from "../../src/flow/explanation.ts";
import { Origin, ok } from "./harness/origin.ts";
import { ran } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { command, type Draft, Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

const token = "open-sesame-open";

function draftOf(origin: Origin): Draft {
  return {
    workers: 2,
    debug: { token },
    tables: { seen: { key: "ip", size: "1k", expire: "1h", store: ["gpc0", "http_req_cnt"] } },
    lists: { office: { addresses: ["10.0.0.0/8"] } },
    pools: {
      app: {
        servers: [origin.address],
        rules: {
          request: [
            { name: "clients", track: "seen" },
            { name: "office", if: "src in lists.office", deny: 410 },
            { name: "abusers", if: "seen[src].gpc0 > 0", deny: 403 },
          ],
        },
      },
    },
  };
}

async function explained(sluice: Sluice, ...words: string[]): Promise<Explanation> {
  const answer = await sluice.cli("explain", ...words, "--json");
  if (answer.code !== 0) throw new Error(answer.err);
  return JSON.parse(answer.out) as Explanation;
}

test("a running Sluice explains by what it has counted, listed and banned, and nothing is counted by it", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("ok"));
  const sluice = await Sluice.start(room, draftOf(origin));
  for (let count = 0; count < 3; count++) expect((await fetch(`${sluice.url}/`)).status).toBe(200);
  const passes = await explained(sluice, `${sluice.url}/x`);
  expect(passes.outcome.text).toBe(`${origin.address} of pool app answers 200`);
  expect(passes.entries).toMatchObject([{ table: "seen", key: "127.0.0.1", before: { http_req_cnt: 3 } }]);
  expect(await explained(sluice, `${sluice.url}/x`)).toMatchObject({ entries: [{ before: { http_req_cnt: 3 } }] });
  await sluice.cli("table", "set", "seen", "127.0.0.1", "gpc0=1");
  expect((await explained(sluice, "/x")).outcome).toMatchObject({ status: 403, rule: "abusers" });
  expect((await explained(sluice, "POST", "/x", "--source", "10.1.2.3")).outcome).toMatchObject({ rule: "office" });
  await sluice.cli("ban", "192.0.2.0/24", "--for", "1h");
  const banned = await explained(sluice, "/x", "--source", "192.0.2.9");
  expect(banned.outcome.text).toBe("the client is banned: it is answered 403");
  expect(banned.ban).toMatch(/^\d{4}-/);
  const text = await sluice.cli("explain", "/x");
  expect(text.out).toContain("abusers  decides  seen[src].gpc0 > 0");
  const wrong = await sluice.cli("explain", "/x", "--listener", "nope");
  // As with --offline: what was typed is not valid.
  expect([wrong.code, wrong.err]).toEqual([2, "sluice: there is no listener nope for connections; there are web\n"]);
});

test("explanations follow a reload and the state of servers", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("ok"));
  const draft = draftOf(origin);
  const sluice = await Sluice.start(room, draft);
  await sluice.cli("drain", `app/${origin.address}`);
  const drained = await explained(sluice, "/");
  expect(drained.choices).toMatchObject([{ server: null, candidates: [{ state: "draining" }] }]);
  expect(drained.outcome.status).toBe(503);
  await sluice.cli("enable", `app/${origin.address}`);
  const rules = { request: [{ name: "all", deny: 418 }] };
  sluice.rewrite({ ...draft, pools: { app: { servers: [origin.address], rules } } });
  expect((await sluice.cli("reload")).code).toBe(0);
  await until("the new rule to be explained", async () => (await explained(sluice, "/")).outcome.rule === "all");
});

test("a live request with the token brings its trace, and the server does not see the token", async () => {
  await using room = new Room();
  const seen: string[] = [];
  const origin = new Origin(room, (request) => {
    seen.push(request.head.toLowerCase());
    return ok("ok");
  });
  const sluice = await Sluice.start(room, draftOf(origin));
  const response = await fetch(`${sluice.url}/live`, { headers: { "Sluice-Debug": `${token} json` } });
  const trace = JSON.parse(response.headers.get("sluice-trace")!) as Explanation;
  expect(trace.outcome.text).toBe(`${origin.address} of pool app answers 200`);
  expect(trace.phases[0]!.rules.map(({ name, isHeld }) => [name, isHeld])).toEqual([
    ["clients", true],
    ["office", false],
    ["abusers", false],
  ]);
  const stranger = await fetch(`${sluice.url}/live`, { headers: { "Sluice-Debug": "open-sesame-shut" } });
  expect(stranger.headers.get("sluice-trace")).toBeNull();
  expect(seen).toHaveLength(2);
  expect(seen.join()).not.toContain("sesame");
});

test("a config alone is explained as it would start, haproxy.cfg as well", async () => {
  await using room = new Room();
  const file = join(room.folder, "haproxy.cfg");
  writeFileSync(
    file,
    `defaults
  mode http
  timeout connect 1s
  timeout client 1s
  timeout server 1s
frontend web
  bind 127.0.0.1:8080
  http-request deny deny_status 429 if { path_beg /api } !{ src 10.0.0.0/8 }
  default_backend app
backend app
  server one 127.0.0.1:1
`,
  );
  const denied = await ran([
    ...command,
    "explain",
    "--offline",
    "-c",
    file,
    "http://127.0.0.1:8080/api/x",
    "--source",
    "192.0.2.1",
  ]);
  expect(denied.code).toBe(0);
  expect(denied.out).toContain("=> rule request[0] of listener web answers 429");
  expect(denied.out).toContain("(assumed: servers are up and idle, names have addresses)");
  const passed = await ran([
    ...command,
    "explain",
    "--offline",
    "-c",
    file,
    "http://127.0.0.1:8080/api/x",
    "--source",
    "10.0.0.1",
  ]);
  expect(passed.out).toContain("of pool app answers 200");
  const usage = await ran([...command, "explain", "--offline", "-c", file, "/", "-H", "nonsense"]);
  expect([usage.code, usage.err]).toEqual([2, `sluice: a header is written -H 'name: value', not "nonsense"\n`]);
});
