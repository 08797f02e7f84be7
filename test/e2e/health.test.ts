import { expect, setDefaultTimeout, test } from "bun:test";
import { Load } from "./harness/load.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { Room } from "./harness/room.ts";
import { Sluice } from "./harness/sluice.ts";
import { says, until } from "./harness/wait.ts";

setDefaultTimeout(60_000);
// A machine that stalls is not to be taken for a server that does.
const quick = { every: "100ms", timeout: "5s", rise: 2, fall: 2 };

const stateOf = async (sluice: Sluice, name: string): Promise<string> => (await sluice.server(name)).state;

test("when a server is killed under load no client sees it, and it serves again after it rose", async () => {
  await using room = new Room();
  const [one, two] = [new Origin(room, () => ok("one")), new Origin(room, () => ok("two"))];
  const servers = [one.address, two.address];
  const sluice = await Sluice.start(room, {
    workers: 2,
    pools: { app: { servers, check: { tcp: true, ...quick } } },
  });
  const load = new Load(sluice.port, { connections: 6 });
  await until("both to serve", () => one.asked.length > 20 && two.asked.length > 20);
  one.stop();
  await until("it to be down", async () => (await stateOf(sluice, one.address)) === "down");
  const before = load.answered;
  await until("traffic to go on", () => load.answered > before + 50);
  const risen = new Origin(room, () => ok("risen"), { port: one.port });
  await until("it to serve again", () => risen.asked.length > 20);
  await load.stop();
  expect(load.errors.slice(0, 5)).toEqual([]);
  await says(sluice, "is DOWN");
  await says(sluice, "is UP");
});

test("without any check, a dead server among good ones costs no request anything", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const words = ["--to", `127.0.0.1:${freePort()},${origin.address}`, "--balance", "roundRobin", "--workers", "2"];
  const sluice = await Sluice.run(room, words);
  const load = new Load(sluice.port, { connections: 6 });
  await until("a thousand answers", () => load.answered >= 1000);
  await load.stop();
  expect(load.errors.slice(0, 5)).toEqual([]);
});

test("an HTTP check goes by the status it is told to expect", async () => {
  await using room = new Room();
  let status = 204;
  const origin = new Origin(room, ({ target }) =>
    target === "/alive" ? `HTTP/1.1 ${status} X\r\nContent-Length: 0\r\n\r\n` : ok("ok"),
  );
  const check = { http: "/alive", expect: "200-299", host: "health.example", ...quick };
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address], check } } });
  expect((await fetch(sluice.url)).status).toBe(200);
  expect((await origin.request(1)).fields.get("host")).toEqual(["health.example"]);
  status = 302;
  await until("it to be down", async () => (await stateOf(sluice, origin.address)) === "down");
  expect((await sluice.server(origin.address)).reason).toContain("302");
  expect((await fetch(sluice.url)).status).toBe(503);
  status = 200;
  await until("it to be up", async () => (await stateOf(sluice, origin.address)) === "up");
  expect((await fetch(sluice.url)).status).toBe(200);
});

test("a server that accepts and never answers is found out by the check's timeout", async () => {
  await using room = new Room();
  let isMute = false;
  const origin = new Origin(room, () => (isMute ? null : ok("ok")));
  const check = { http: "/", ...quick, timeout: "300ms" };
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address], check } } });
  isMute = true;
  await until("it to be down", async () => (await stateOf(sluice, origin.address)) === "down");
  expect((await fetch(sluice.url)).status).toBe(503);
});

test("consecutive failures in live traffic eject a server, and it returns when its time is over", async () => {
  await using room = new Room();
  let isBroken = true;
  const bad = new Origin(room, () => (isBroken ? "HTTP/1.1 500 No\r\nContent-Length: 3\r\n\r\nbad" : ok("good")));
  const fine = new Origin(room, () => ok("fine"));
  const ejection = { consecutiveFailures: 5, base: "4s" };
  const servers = [bad.address, fine.address];
  const sluice = await Sluice.start(room, {
    workers: 2,
    pools: { app: { servers, balance: "roundRobin", ejection } },
  });
  const load = new Load(sluice.port, { connections: 2, accepted: [200, 500] });
  await until("the ejection", async () => (await stateOf(sluice, bad.address)) === "ejected");
  const asked = bad.asked.length;
  await until("traffic to go on", () => fine.asked.length > asked + 200);
  // What was on its way when it was ejected may still have come.
  expect(bad.asked.length - asked).toBeLessThanOrEqual(2);
  isBroken = false;
  await until("the return", async () => (await stateOf(sluice, bad.address)) === "up");
  await until("traffic at it", () => bad.asked.length > asked + 20);
  await load.stop();
  expect(load.errors.slice(0, 5)).toEqual([]);
  const labels = { reason: "consecutive_failures", server: bad.address };
  expect(await sluice.metric("sluice_ejections_total", labels)).toBeGreaterThanOrEqual(1);
});

test("a server that a reload brings serves only after its first good check", async () => {
  await using room = new Room();
  const old = new Origin(room, () => ok("old"));
  let isReady = false;
  const fresh = new Origin(room, ({ target }) =>
    target === "/alive" ? `HTTP/1.1 ${isReady ? 200 : 503} X\r\nContent-Length: 0\r\n\r\n` : ok("fresh"),
  );
  old.handler = () => ok("old");
  const app = { balance: "roundRobin" as const, check: { http: "/alive", ...quick } };
  const sluice = await Sluice.start(room, { pools: { app: { ...app, servers: [old.address] } } });
  const load = new Load(sluice.port, { connections: 2 });
  await sluice.reload({ pools: { app: { ...app, servers: [old.address, fresh.address] } } });
  const before = load.answered;
  await until("traffic after the reload", () => load.answered > before + 100);
  expect(load.byBody.has("fresh")).toBe(false);
  isReady = true;
  await until("traffic at the new server", () => (load.byBody.get("fresh") ?? 0) > 20);
  await load.stop();
  expect(load.errors.slice(0, 5)).toEqual([]);
});

test("with all servers down the answer is a 503 that says so and when to come again", async () => {
  await using room = new Room();
  const dead = `127.0.0.1:${freePort()}`;
  const sluice = await Sluice.start(room, { pools: { app: { servers: [dead], check: { tcp: true, ...quick } } } });
  const response = await fetch(sluice.url);
  expect(response.status).toBe(503);
  expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await response.text()).toBe("503 Service Unavailable: no server of the pool is available\n");
  expect(await stateOf(sluice, dead)).toBe("down");
  await says(sluice, "pool app has no server left");
  // Without a check nobody knows that it is down, and the refused connection is the answer.
  const unchecked = await Sluice.start(room, { pools: { app: { servers: [dead] } } });
  const refused = await fetch(unchecked.url);
  expect([refused.status, await refused.text()]).toEqual([502, "502 Bad Gateway: the server refused the connection\n"]);
  await unchecked.counted(1, "sluice_requests_dropped_total");
});
