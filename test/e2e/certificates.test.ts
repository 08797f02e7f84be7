// Certificates as they change under the running program, and what is told of those that cannot be used.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { rmSync } from "node:fs";
import type { Authority } from "../authority.ts";
import { Load } from "./harness/load.ts";
import { lastRequest, shake, Talker } from "./harness/openssl.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { find, ran } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { authorityIn, put } from "./harness/signed.ts";
import { command, type Draft, Sluice } from "./harness/sluice.ts";
import { says, until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

/** From a change on disk to the first handshake with it. */
const swapMs = 10_000;

async function shownAt(port: number, name = "one.test"): Promise<string> {
  return (await shake(port, ["-servername", name])).subject.replace("CN = ", "");
}

/** A config of one listener with TLS. */
function securely(port: number, origin: Origin, tls: object = {}): Draft {
  const web = { listen: `127.0.0.1:${port}`, use: "app", tls: { certificates: "certs", ...tls } };
  return { listeners: { web }, pools: { app: { servers: [origin.address] } } };
}

describe.skipIf(find("openssl") === null)("certificates", () => {
  const port = freePort();
  let room: Room;
  let authority: Authority;
  let origin: Origin;
  let sluice: Sluice;

  beforeAll(async () => {
    room = new Room();
    authority = authorityIn(room);
    put(room, "certs/one", authority.issue(["DNS:one.test"]));
    put(room, "certs/other", authority.issue(["DNS:other.test"]));
    origin = new Origin(room, () => ok("hello"));
    sluice = await Sluice.start(room, { ...securely(port, origin), workers: 2 });
  });
  afterAll(() => room[Symbol.asyncDispose]());

  test("a changed one is shown to new clients within seconds, and no connection is closed for it", async () => {
    const load = new Load(port, { connections: 8, isSecure: true });
    await until("traffic", () => load.answered > 50);
    const before = load.answered;
    for (const name of ["second", "third"]) {
      put(room, "certs/one", authority.issue([`DNS:${name}.test`, "DNS:one.test"]));
      await until(`the ${name} to be shown`, async () => (await shownAt(port)) === `${name}.test`, swapMs);
    }
    // By both workers: whichever takes the connection.
    for (let count = 0; count < 12; count++) expect(await shownAt(port)).toBe("third.test");
    expect(await shownAt(port, "other.test")).toBe("other.test");
    await until("more traffic", () => load.answered > before + 200);
    await load.stop();
    expect(load.errors).toEqual([]);
    expect(load.opened).toBe(8);
    await says(sluice, "certificate reloaded");
    expect((await sluice.status()).workers.map(({ restarts }) => restarts)).toEqual([0, 0]);
  });

  test("a key that does not match, and half a file, leave the old ones in use and are told", async () => {
    const read = (file: string): Promise<string> => Bun.file(room.path(`certs/${file}`)).text();
    const good = { key: await read("one.key"), half: await read("other.crt") };
    room.write("certs/one.key", authority.issue(["DNS:x.test"]).key);
    room.write("certs/other.crt", good.half.slice(0, 300));
    await until("both to be told", () => sluice.stderr.split("what was read before stays in use").length > 2, swapMs);
    const { out } = await sluice.cli("cert");
    expect(out).toMatch(/not as they should be:[\s\S]*one\.crt, which does not match its key/);
    expect(out).toMatch(/not as they should be:[\s\S]*other\.crt/);
    await sluice.counted(2, "sluice_certificate_problems");
    // Neither a reload nor workers that are replaced take them away.
    const answer = await sluice.cli("reload");
    expect([answer.code, answer.err]).toEqual([0, expect.stringContaining("what was read before stays in use")]);
    for (const pid of await sluice.workers()) process.kill(pid, "SIGKILL");
    await until("new workers", async () =>
      (await sluice.status()).workers.every(({ restarts, state }) => restarts === 1 && state === "up"),
    );
    expect([await shownAt(port), await shownAt(port, "other.test")]).toEqual(["third.test", "other.test"]);
    room.write("certs/one.key", good.key);
    room.write("certs/other.crt", good.half);
    await until(
      "all to be well",
      () => sluice.stderr.includes("nothing is wrong with the certificates any more"),
      swapMs,
    );
    await sluice.counted(0, "sluice_certificate_problems");
    expect([await shownAt(port), await shownAt(port, "other.test")]).toEqual(["third.test", "other.test"]);
  });

  test("one that is added is shown, one that is taken away no longer", async () => {
    put(room, "certs/new", authority.issue(["DNS:new.test"]));
    await until("the new one", async () => (await shownAt(port, "new.test")) === "new.test", swapMs);
    for (const ending of ["crt", "key"]) rmSync(room.path(`certs/new.${ending}`));
    await until("it to be gone", async () => (await shownAt(port, "new.test")) !== "new.test", swapMs);
    await says(sluice, "certificate removed");
  });

  test("a reload with another tls section is for new handshakes; a connection that stands goes on", async () => {
    const talker = new Talker(room, port, "-tls1_2", "-servername", "none.test");
    talker.say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await talker.saw("hello");
    await sluice.reload({ ...securely(port, origin, { minVersion: "1.3", unknownName: "refuse" }), workers: 2 });
    expect((await shake(port, ["-tls1_2", "-servername", "one.test"])).version).toBe("");
    expect((await shake(port, ["-servername", "none.test"])).version).toBe("");
    expect((await shake(port, ["-servername", "one.test"])).version).toBe("TLSv1.3");
    talker.text = "";
    talker.say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await talker.saw("hello");
    const plain = {
      listeners: { web: { listen: `127.0.0.1:${port}`, use: "app" } },
      pools: securely(port, origin).pools,
    };
    await sluice.reload({ ...plain, workers: 2 });
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("hello");
    await sluice.reload({ ...securely(port, origin), workers: 2 });
    expect((await shake(port, ["-servername", "one.test"], lastRequest)).text).toContain("200 OK");
  });

  test("sluice cert, its JSON and the metrics say what is in use and for how long; no key is ever told", async () => {
    put(room, "certs/soon", authority.issue(["DNS:soon.test", "DNS:www.soon.test"], 5));
    await until("it to be in use", async () => (await shownAt(port, "soon.test")) === "soon.test", swapMs);
    const text = (await sluice.cli("cert")).out;
    expect(text).toMatch(/^ *soon\.test \+1 +web\*? +[45] +EXPIRES +\d{4}-\d\d-\d\d +P-256 +Test CA +soon\.crt$/m);
    expect(text).toMatch(/^ *other\.test +web\*? +(?:29|30) +ok +/m);
    const answer = await sluice.cli("cert", "--json");
    const { certificates, problems } = JSON.parse(answer.out) as { certificates: Shown[]; problems: string[] };
    expect(problems.filter((problem) => !problem.includes("expires"))).toEqual([]);
    const soon = certificates.find(({ names }) => names.includes("www.soon.test"))!;
    expect(soon).toMatchObject({ listeners: ["web"], isSelfSigned: false, file: room.path("certs/soon.crt") });
    expect(soon.daysLeft).toBeWithin(4, 6);
    const metric = await sluice.metric("sluice_certificate_not_after_timestamp_seconds", { name: "soon.test" });
    expect(metric).toBe(Date.parse(soon.notAfter) / 1000);
    expect((metric - Date.now() / 1000) / 86_400).toBeWithin(4.9, 5.1);
    await until("its end to be told", () => /soon\.crt.* expires on /.test(sluice.stderr));
    const status = JSON.stringify(await sluice.status());
    const told = [text, answer.out, status, await sluice.metricsText(), sluice.stderr, sluice.stdout].join("\n");
    expect(told).not.toContain("PRIVATE KEY");
    const secret = (await Bun.file(room.path("certs/soon.key")).text()).split("\n")[1]!;
    expect(told).not.toContain(secret);
  });
});

interface Shown {
  readonly names: string[];
  readonly notAfter: string;
  readonly daysLeft: number;
}

describe.skipIf(find("openssl") === null)("before the start", () => {
  let room: Room;
  let authority: Authority;
  let origin: Origin;
  beforeAll(() => {
    room = new Room();
    authority = authorityIn(room);
    origin = new Origin(room, () => ok("hello"));
  });
  afterAll(() => room[Symbol.asyncDispose]());

  async function checked(name: string, certificates: unknown): Promise<{ code: number; said: string }> {
    const tls = { tls: { certificates } };
    const web = { listen: `127.0.0.1:${freePort()}`, use: "app", ...tls };
    const config = { listeners: { web }, pools: { app: { servers: [origin.address] } } };
    const path = room.write(`${name}.json`, JSON.stringify(config, null, 2));
    const { code, out, err } = await ran([...command, "check", path], { env: { NO_COLOR: "1" } });
    return { code, said: out + err };
  }

  test("check says what is wrong, where, and what to do about it", async () => {
    const one = put(room, "one", authority.issue(["DNS:one.test"]));
    put(room, "expired", authority.issue(["DNS:expired.test"], -1));
    room.write("mismatch.crt", one.cert);
    room.write("mismatch.key", authority.issue(["DNS:y.test"]).key);
    room.write("garbage.pem", "hello");
    room.write("alone.crt", one.cert);
    room.write("half.pem", `${one.key}${one.cert.slice(0, 400)}`);
    const [good, expired, mismatch, garbage, alone, half, missing] = await Promise.all(
      ["one.crt", "expired.crt", "mismatch.crt", "garbage.pem", "alone.crt", "half.pem", "missing.crt"].map((file) =>
        checked(file.replace(".", "-"), file),
      ),
    );
    expect(good!.code).toBe(0);
    expect(expired!.code).toBe(0);
    expect(expired!.said).toMatch(/warning.*expired\.crt, which expired on .* ago/);
    for (const [bad, words] of [
      [mismatch!, /mismatch\.crt.*(?:key|mismatch\.key)/],
      [garbage!, /garbage\.pem/],
      [alone!, /alone\.crt.*key/],
      [half!, /half\.pem/],
      [missing!, /missing\.crt.*(?:does not exist|no such file|is not there)/i],
    ] as const) {
      expect(bad.said).toMatch(words);
      // The place of the key that names it.
      expect(bad.said).toMatch(/\.json:7:\d+/);
      expect(bad.code).toBe(1);
    }
  });

  test("run starts with what is good of a folder, and says what is not", async () => {
    put(room, "mixed/good", authority.issue(["DNS:good.test"]));
    put(room, "mixed/fine", authority.issue(["DNS:fine.test"]));
    room.write("mixed/mismatch.crt", authority.issue(["DNS:bad.test"]).cert);
    room.write("mixed/mismatch.key", authority.issue(["DNS:bad.test"]).key);
    room.write("mixed/broken.crt", "-----BEGIN CERTIFICATE-----\nMIIB");
    put(room, "mixed/late", authority.issue(["DNS:late.test"], -1));
    const port = freePort();
    const tls = { tls: { certificates: "mixed" } };
    const web = { listen: `127.0.0.1:${port}`, use: "app", ...tls };
    const sluice = await Sluice.start(room, { listeners: { web }, pools: { app: { servers: [origin.address] } } });
    expect(await shownAt(port, "good.test")).toBe("good.test");
    expect(await shownAt(port, "fine.test")).toBe("fine.test");
    for (const file of ["mismatch.crt", "broken.crt", "late.crt"]) await says(sluice, file);
    const { out } = await sluice.cli("cert");
    for (const file of ["mismatch.crt", "broken.crt"]) expect(out).toMatch(new RegExp(`not as they[\\s\\S]*${file}`));
    expect(out).toMatch(/late\.test .*EXPIRED/);
  });

  test("run does not start a listener that would have nothing to show", async () => {
    const tls = { tls: { certificates: "nowhere" } };
    const web = { listen: `127.0.0.1:${freePort()}`, use: "app", ...tls };
    const draft = { listeners: { web }, pools: { app: { servers: [origin.address] } } };
    const sluice = await Sluice.start(room, draft, { isAwaited: false });
    expect(await sluice.exited()).toBe(1);
    expect(sluice.stderr).toMatch(/listeners\.web\.tls\.certificates.*nowhere/s);
  });
});
