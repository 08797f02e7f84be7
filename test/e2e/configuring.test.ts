// Reloads with a diff and a time to confirm, changes over the admin API and their way back into the file, on a Sluice that runs and carries
// traffic.

import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import type { ConfigAnswer, ReloadAnswer } from "../../src/control/api/shape/config.ts";
import { Load } from "./harness/load.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { Room } from "./harness/room.ts";
import { Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

const merging = "application/merge-patch+json";
const operating = "application/json-patch+json";

/** A Sluice whose config is YAML, with comments. */
async function staged(room: Room, servers: readonly string[]) {
  const [port, adminPort] = [freePort(), freePort()];
  const path = room.path(`sluice-${port}.yaml`);
  const text = `# The shop's front door.
workers: 2
admin:
  listen: 127.0.0.1:${adminPort} # for this machine only
listeners:
  web:
    listen: 127.0.0.1:${port}
    use: app
    rules:
      # Tried out since Monday.
      - name: nosy
        if: path.startsWith('/admin')
        mode: observe
        deny: 403
pools:
  app:
    balance: weightedRoundRobin
    servers: # by weight
${servers.map((server) => `      - ${server}`).join("\n")}
`;
  writeFileSync(path, text);
  const sluice = await Sluice.of(room, path, port, adminPort);
  const ask = async <Body>(method: string, at: string, body?: unknown, type = merging) => {
    const init = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": type } };
    const response = await fetch(`http://${sluice.admin}/api/v1${at}`, { method, ...init });
    return { status: response.status, body: (await response.json()) as Body };
  };
  return { sluice, path, text, ask };
}

test("under load a patch changes a weight, a dry run nothing, and what nobody confirms comes back, without a failed request", async () => {
  await using room = new Room();
  const [one, two] = [new Origin(room, () => ok("one")), new Origin(room, () => ok("two"))];
  const { sluice, ask } = await staged(room, [`${one.address}^1`, `${two.address}^1`]);
  const load = new Load(sluice.port, { connections: 8 });
  const heavy = [{ op: "replace", path: "/pools/app/servers/1", value: `${two.address}^9` }];
  /** How much of the traffic goes to the second server, from now on. */
  const share = async (): Promise<number> => {
    const [first, second] = [one.asked.length, two.asked.length];
    await until("traffic", () => one.asked.length - first + (two.asked.length - second) > 400);
    return (two.asked.length - second) / (one.asked.length - first + two.asked.length - second);
  };
  expect(await share()).toBeCloseTo(0.5, 1);

  const tried = await ask<ReloadAnswer>("PATCH", "/config?dry=true", heavy, operating);
  expect(tried).toMatchObject({ status: 200, body: { successful: true, generation: 1, isDryRun: true } });
  expect(tried.body.diff?.effects).toEqual([`pool app: ${two.address} has weight 9 instead of 1`]);
  expect((await sluice.status()).generation).toBe(1);
  expect(await share()).toBeCloseTo(0.5, 1);

  const done = await ask<ReloadAnswer>("PATCH", "/config?confirm=6s", heavy, operating);
  expect(done).toMatchObject({ status: 200, body: { successful: true, generation: 2 } });
  expect(Date.parse(done.body.confirmBy!)).toBeGreaterThan(Date.now());
  expect(await ask("POST", "/reload")).toMatchObject({ status: 409 });
  expect(await share()).toBeGreaterThan(0.8);

  await until("it to be rolled back", async () => (await sluice.status()).generation === 3, 20_000);
  expect(await share()).toBeCloseTo(0.5, 1);
  expect((await ask<ConfigAnswer>("GET", "/config")).body).toMatchObject({ unwritten: [], confirmBy: null });
  await load.stop();
  expect(load.errors.slice(0, 5)).toEqual([]);
  expect((await sluice.status()).workers.map(({ restarts }) => restarts)).toEqual([0, 0]);
});

test("a listener that is opened on trial is closed again, and the one that stays never is", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("one"));
  const { sluice, ask } = await staged(room, [origin.address]);
  const load = new Load(sluice.port, { connections: 4 });
  const port = freePort();
  const listeners = { other: { listen: `127.0.0.1:${port}`, use: "app" } };
  const done = await ask<ReloadAnswer>("PATCH", "/config?confirm=60s", { listeners });
  expect(done.body.diff?.effects).toEqual([`listener other opens 127.0.0.1:${port}`]);
  // On a connection of its own: one that is kept goes on after the listener.
  const probe = () => fetch(`http://127.0.0.1:${port}/`, { keepalive: false, headers: { connection: "close" } });
  expect((await probe()).status).toBe(200);
  const back = await sluice.cli("reload", "rollback");
  expect([back.code, back.out]).toEqual([0, "rolled back: plan 3 is in force\n"]);
  await until("the port to be closed", () =>
    probe().then(
      () => false,
      () => true,
    ),
  );
  await load.stop();
  expect(load.errors.slice(0, 5)).toEqual([]);
});

test("the command line tries, changes, confirms, shows what no file has, and writes it with every comment kept", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("one"));
  const { sluice, path, text } = await staged(room, [origin.address]);
  const probe = (): Promise<number> => fetch(`${sluice.url}/admin`).then(({ status }) => status);
  const enforce = ["config", "patch", "listeners.web.rules[0].mode=enforce", "pools.app.retries=0"];

  const tried = await sluice.cli(...enforce, "--dry-run");
  expect([tried.code, tried.err]).toEqual([0, ""]);
  expect(tried.out.split("\n").slice(0, 3)).toEqual([
    '~ listeners.web.rules[0].mode  "observe" -> "enforce"',
    "~ pools.app.retries            2 -> 0",
    "  * pool app: new settings hold from the next request on",
  ]);
  expect(tried.out).toContain("  * listener web: rule nosy is enforced now\n");
  expect(await probe()).toBe(200);

  const done = await sluice.cli(...enforce, "--confirm", "60s");
  expect(done.out).toContain("changed: plan 2 is in force\nit is rolled back at ");
  expect(await probe()).toBe(403);
  expect((await sluice.cli("config", "write")).err).toContain("waits to be confirmed");
  expect((await sluice.cli("reload", "confirm")).out).toBe("confirmed: it stays in force\n");
  expect((await sluice.cli("reload", "confirm")).code).toBe(1);

  expect((await sluice.cli("config", "show", "pools.app.retries")).out).toBe("0\n");
  const left = await sluice.cli("config", "diff");
  expect([left.code, left.out.split("\n").length, left.err]).toEqual([
    0,
    3,
    "sluice config write puts it into the file\n",
  ]);

  const written = await sluice.cli("config", "write");
  expect([written.code, written.out]).toEqual([0, `2 changes written to ${path}; what was in it is in ${path}.bak\n`]);
  expect(readFileSync(path, "utf8")).toBe(`${text.replace("mode: observe", "mode: enforce")}    retries: 0\n`);
  expect(readFileSync(`${path}.bak`, "utf8")).toBe(text);
  const again = await sluice.cli("reload", "--dry-run");
  expect([again.code, again.out]).toEqual([0, "nothing would change\n"]);
  const clean = await sluice.cli("config", "diff", "--json");
  expect(JSON.parse(clean.out)).toEqual({ unwritten: [], writeProblem: null, confirmBy: null, rolledBackAt: null });
});

test("a reload says what it takes back of what no file has, and a bad patch what is wrong with it", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("one"));
  const { sluice } = await staged(room, [origin.address]);
  expect((await sluice.cli("config", "patch", '{"pools":{"app":{"retries":7}}}')).code).toBe(0);
  const bad = await sluice.cli("config", "patch", "pools.app.retires=3");
  expect([bad.code, bad.err]).toEqual([
    1,
    'the change: error: pools.app.retires is not a known key; did you mean "retries"?\nnot changed: plan 2 stays in force\n',
  ]);
  expect((await sluice.cli("config", "patch", "pools")).code).toBe(2);
  const reloaded = await sluice.cli("reload");
  expect([reloaded.code, reloaded.err]).toEqual([
    0,
    "lost is what was changed over the admin API and not written to the file: pools.app.retries\n",
  ]);
  expect((await sluice.cli("config", "show", "pools.app.retries")).out).toBe("2\n");
});

test("a config in TypeScript keeps its hooks over a change, and is not written", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("one"));
  const [port, adminPort] = [freePort(), freePort()];
  const path = room.path(`sluice-${port}.config.ts`);
  const text = `export default {
  workers: 1,
  admin: { listen: "127.0.0.1:${adminPort}" },
  listeners: { web: { listen: "127.0.0.1:${port}", use: "app", onResponse: (response) => { response.headers.set("x-hook", "on"); } } },
  pools: { app: { servers: ["${origin.address}"] } },
};
`;
  writeFileSync(path, text);
  const sluice = await Sluice.of(room, path, port, adminPort);
  const hooked = async (): Promise<string | null> => (await fetch(sluice.url)).headers.get("x-hook");
  expect(await hooked()).toBe("on");
  const rules = '[{"op":"add","path":"/listeners/web/rules/0","value":{"if":"path == \'/x\'","deny":404}}]';
  expect((await sluice.cli("config", "patch", rules)).out).toBe("changed: plan 2 is in force\n");
  expect([await hooked(), (await fetch(`${sluice.url}/x`)).status]).toEqual(["on", 404]);
  const written = await sluice.cli("config", "write");
  expect(written.code).toBe(1);
  expect(written.err).toContain("the config is a program, which Sluice does not write");
  expect(written.err).toContain(`add listeners.web.rules[0]: {"if":"path == '/x'","deny":404}`);
  expect(readFileSync(path, "utf8")).toBe(text);
});
