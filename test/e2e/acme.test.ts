// Certificates from an authority: the whole way with pebble, which is Let's Encrypt's own for tests.

import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { translateGobetween } from "../../src/config/foreign/gobetween/gobetween.ts";
import type { CertificatesStatus } from "../../src/control/certificatestatus.ts";
import { Load } from "./harness/load.ts";
import { shake } from "./harness/openssl.ts";
import { Origin, ok } from "./harness/origin.ts";
import { Pebble, type PebbleOptions, pebblePrograms } from "./harness/pebble.ts";
import { freePort } from "./harness/port.ts";
import { curl, testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { type Draft, Sluice } from "./harness/sluice.ts";
import { says, until } from "./harness/wait.ts";

setDefaultTimeout(120_000);
const withPebble = testWith(pebblePrograms);
/** From an order's beginning to the end of it, on a machine that has other things to do. */
const orderMs = 60_000;

interface Stage {
  readonly room: Room;
  readonly httpPort: number;
  readonly port: number;
  readonly origin: Origin;
  readonly pebble: Pebble;
}

async function stageIn(room: Room, options: Omit<PebbleOptions, "httpPort"> = {}): Promise<Stage> {
  const httpPort = freePort();
  const pebble = await Pebble.start(room, { ...options, httpPort });
  return { room, httpPort, port: freePort(), origin: new Origin(room, () => ok("hello")), pebble };
}

function draftOf({ httpPort, port, origin, pebble }: Stage, names: (string | string[])[], acme: object = {}): Draft {
  return {
    workers: 2,
    acme: { agreeToTerms: true, directory: pebble.directory, ca: pebble.ca, email: "ops@example.org", ...acme },
    listeners: {
      plain: { listen: `127.0.0.1:${httpPort}`, redirect: "https" },
      web: { listen: `127.0.0.1:${port}`, use: "app", tls: { acme: names } },
    },
    pools: { app: { servers: [origin.address] } },
  };
}

async function told(sluice: Sluice): Promise<CertificatesStatus> {
  return until("certificates to be told", async () => {
    const response = await fetch(`http://${sluice.admin}/api/v1/certificates`);
    return response.status === 429 ? null : ((await response.json()) as CertificatesStatus);
  });
}

async function issued(sluice: Sluice): Promise<void> {
  await until(
    "the certificates to be there",
    async () => (await told(sluice)).acme.every(({ state }) => state === "valid"),
    orderMs,
  ).catch((error: Error) => {
    throw new Error(`${error.message}; it said:\n${sluice.stderr}`);
  });
}

async function hello({ port, room, pebble }: Stage, name: string): Promise<void> {
  const root = room.write("root.pem", await pebble.root());
  const { out, err } = await curl(
    "--cacert",
    root,
    "--resolve",
    `${name}:${port}:127.0.0.1`,
    `https://${name}:${port}/`,
  );
  expect([name, out, err]).toEqual([name, "hello", ""]);
}

/** Of the certificate that is shown. */
async function shown({ port }: Stage, name: string): Promise<string> {
  const { text } = await shake(port, ["-servername", name]);
  return /-----BEGIN CERTIFICATE-----[\s\S]*?-----END/.exec(text)?.[0] ?? "";
}

async function stop(sluice: Sluice): Promise<void> {
  sluice.child.kill("SIGTERM");
  await sluice.exited();
}

withPebble(
  "a first certificate is got while clients see a placeholder, and a restart shows the one that is kept",
  async () => {
    await using room = new Room();
    const stage = await stageIn(room);
    await stage.pebble.stop();
    const sluice = await Sluice.start(room, draftOf(stage, ["a.example", ["b.example", "www.b.example"]]));
    expect((await shake(stage.port, ["-servername", "a.example"])).subject).toContain("Sluice: no certificate yet");
    await says(sluice, "clients are shown a placeholder");
    expect((await sluice.cli("cert")).out).toMatch(/a\.example +web\* +- +MISSING[\s\S]*a\.example +FAILING/);
    await stage.pebble.begin();
    expect((await sluice.cli("cert", "renew", "a.example")).out).toContain("a.example is asked for next");
    expect((await sluice.cli("cert", "renew", "www.b.example")).out).toContain("b.example +1 is asked for next");
    await issued(sluice);
    for (const name of ["a.example", "b.example", "www.b.example"]) await hello(stage, name);
    await sluice.counted(2, "sluice_acme_orders_total", { result: "issued" });
    await sluice.counted(2, "sluice_acme_certificates", { state: "in_use" });
    await sluice.counted(0, "sluice_acme_certificates", { state: "missing" });
    const { certificates } = await told(sluice);
    expect(certificates.map(({ source, listeners }) => [source, listeners])).toEqual([
      ["acme", ["web"]],
      ["acme", ["web"]],
    ]);
    for (const file of readdirSync(room.path("acme"), { recursive: true, withFileTypes: true }))
      expect(statSync(join(file.parentPath, file.name)).mode & 0o077).toBe(0);
    await stop(sluice);
    await stage.pebble.stop();
    const again = await Sluice.again(room, sluice);
    expect((await told(again)).certificates.map(({ serial }) => serial)).toEqual(
      certificates.map(({ serial }) => serial),
    );
    expect((await shake(stage.port, ["-servername", "b.example"])).subject).not.toContain("no certificate");
    expect(again.stderr + sluice.stderr).not.toMatch(/PRIVATE|MIGH|MHcC/);
  },
);

withPebble("what is asked under the challenge's path and is not the authority's goes on", async () => {
  await using room = new Room();
  const stage = await stageIn(room);
  const draft = draftOf(stage, ["a.example"]);
  const plain = { listen: `127.0.0.1:${stage.httpPort}`, use: "app" };
  const sluice = await Sluice.start(room, { ...draft, listeners: { ...draft.listeners, plain } });
  await issued(sluice);
  const { out } = await curl(`http://127.0.0.1:${stage.httpPort}/.well-known/acme-challenge/of-somebody-else`);
  expect(out).toBe("hello");
});

withPebble("a renewal is shown to new clients, and closes no connection", async () => {
  await using room = new Room();
  // Of 30 seconds, half is left when it is renewed.
  const stage = await stageIn(room, { lifeSeconds: 30 });
  const sluice = await Sluice.start(room, draftOf(stage, ["a.example"], { renewBefore: "1m" }));
  await issued(sluice);
  const first = await shown(stage, "a.example");
  const load = new Load(stage.port, { connections: 4, isSecure: true });
  await until("another one", async () => (await shown(stage, "a.example")) !== first, orderMs);
  await says(sluice, "certificate renewed");
  const before = load.answered;
  await until("more traffic", () => load.answered > before + 50);
  await load.stop();
  expect([load.errors, load.opened]).toEqual([[], 4]);
});

withPebble("nonces that are refused, and authorizations that are good already, are nothing to speak of", async () => {
  await using room = new Room();
  const stage = await stageIn(room, { nonceRejects: 50, reuses: 100 });
  const sluice = await Sluice.start(room, draftOf(stage, ["a.example"]));
  await issued(sluice);
  expect((await sluice.cli("cert", "renew", "a.example")).code).toBe(0);
  await says(sluice, "certificate renewed");
  expect(sluice.stderr).not.toContain("could not be");
});

withPebble("an account that the authority has given beforehand is shown, and its key is told to nobody", async () => {
  await using room = new Room();
  const hmacKey = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";
  const stage = await stageIn(room, { external: { "kid-1": hmacKey } });
  const refused = await Sluice.start(room, draftOf(stage, ["a.example"]));
  await says(refused, "write acme.externalAccount");
  await stop(refused);
  const sluice = await Sluice.start(room, draftOf(stage, ["b.example"], { externalAccount: { id: "kid-1", hmacKey } }));
  await issued(sluice);
  const config = await sluice.cli("config", "show");
  const api = await (await fetch(`http://${sluice.admin}/api/v1/config`)).text();
  expect(config.out).toContain("kid-1");
  expect([config.out, api, sluice.stderr, sluice.stdout].join("\n")).not.toContain(hmacKey);
});

withPebble("a name that does not lead here is told in the authority's words, and does not hold up others", async () => {
  await using room = new Room();
  const stage = await stageIn(room);
  const draft = draftOf(stage, ["a.example"]);
  // Where the authority asks nobody listens; what does listen is of no use to it.
  const plain = { listen: `127.0.0.1:${freePort()}`, redirect: "https" } as const;
  const sluice = await Sluice.start(room, { ...draft, listeners: { ...draft.listeners, plain } });
  await says(sluice, "a.example could not be verified: ");
  const status = await until("its order to be over", async () => {
    const [only] = (await told(sluice)).acme;
    return only?.state === "ordering" ? null : only;
  });
  expect(status).toMatchObject({
    state: "failing",
    lastError: expect.stringContaining("a.example could not be verified"),
  });
  expect(Date.parse(status.nextAt) - Date.now()).toBeGreaterThan(5 * 60_000);
  await sluice.counted(1, "sluice_acme_orders_total", { result: "failed" });
  expect((await sluice.cli("cert", "renew", "nobody.example")).err).toContain(
    "no certificate of an authority is for nobody.example",
  );
});

withPebble("a reload adds a name, and another worker knows what is asked for too", async () => {
  await using room = new Room();
  const stage = await stageIn(room);
  const sluice = await Sluice.start(room, draftOf(stage, ["a.example"]));
  await issued(sluice);
  const first = await shown(stage, "a.example");
  await sluice.reload(draftOf(stage, ["a.example", "b.example"]));
  await issued(sluice);
  await hello(stage, "b.example");
  expect(await shown(stage, "a.example")).toBe(first);
  for (const pid of await sluice.workers()) process.kill(pid, "SIGKILL");
  await until("new workers", async () =>
    (await sluice.status()).workers.every(({ restarts, state }) => restarts === 1 && state === "up"),
  );
  await hello(stage, "a.example");
});

withPebble(
  "a run that is killed in the middle of its order leaves nothing behind that the next cannot go on from",
  async () => {
    await using room = new Room();
    const stage = await stageIn(room);
    const sluice = await Sluice.start(room, draftOf(stage, ["a.example"]));
    await says(sluice, "certificate asked for");
    sluice.child.kill("SIGKILL");
    await sluice.child.exited;
    const again = await Sluice.again(room, sluice);
    await issued(again);
    await hello(stage, "a.example");
  },
);

withPebble("an authority that has lost its memory is told of the account again within the same order", async () => {
  await using room = new Room();
  const stage = await stageIn(room);
  const sluice = await Sluice.start(room, draftOf(stage, ["a.example"]));
  await issued(sluice);
  await stage.pebble.stop();
  await stage.pebble.begin();
  await sluice.cli("cert", "renew", "a.example");
  await says(sluice, "certificate renewed");
  expect(sluice.stderr).not.toContain("could not be renewed");
  await hello(stage, "a.example");
});

test("where gobetween answers its authority, the rest goes to https as there", async () => {
  await using room = new Room();
  const tree = {
    acme: { http_bind: `127.0.0.1:${freePort()}` },
    servers: { web: { bind: ":443", discovery: { kind: "static", static_list: ["127.0.0.1:1"] } } },
  };
  const { acme } = translateGobetween(tree).input.listeners as Record<string, NonNullable<Draft["listeners"]>[string]>;
  await Sluice.start(room, { listeners: { acme: acme! }, pools: { none: { reply: { status: 404 } } } });
  const url = `http://${tree.acme.http_bind}`;
  const { out } = await curl("-i", "-H", "Host: a.example", `${url}/a?b=c`);
  expect(out).toMatch(/^HTTP\/1\.1 302 [\s\S]*\r\nLocation: https:\/\/a\.example\/a\?b=c\r\n/i);
  expect((await curl("-i", "-d", "x", `${url}/`)).out).toMatch(/^HTTP\/1\.1 400 [\s\S]*Use HTTPS/);
  expect((await curl("-i", `${url}/.well-known/acme-challenge/unknown-token`)).out).toStartWith("HTTP/1.1 404 ");
});
