import { expect, test } from "bun:test";
import { Listening, settingsOf } from "../../../test/e2e/harness/listening.ts";
import { NameServer } from "../../../test/e2e/harness/nameserver.ts";
import { Room } from "../../../test/e2e/harness/room.ts";
import { until } from "../../../test/e2e/harness/wait.ts";
import type { DiscoverDnsInput } from "../../config/input.ts";
import { recordType } from "./dnsmessage.ts";
import { DnsSource } from "./dnssource.ts";

test("every address of a name is a server, IPv6 too, under the name that it stands for", async () => {
  await using room = new Room();
  const server = await NameServer.start(room);
  server.set("app.test", { type: "CNAME", target: "real.test" });
  server.set(
    "real.test",
    { type: "A", address: "10.0.0.1" },
    { type: "A", address: "10.0.0.2" },
    { type: "AAAA", address: "2001:db8::1" },
  );
  const listening = new Listening(room, { dns: { name: "App.test.", port: 8080, servers: [server.address] } }).start();
  await listening.tells("10.0.0.1:8080 10.0.0.2:8080 [2001:db8::1]:8080");
});

test("of a name with addresses of both kinds those that are preferred are servers, and all where it has no such", async () => {
  await using room = new Room();
  const server = await NameServer.start(room);
  const both = [{ type: "A", address: "10.0.0.1" } as const, { type: "AAAA", address: "2001:db8::1" } as const];
  server.set("both.test", ...both);
  server.set("old.test", { type: "A", address: "10.0.0.2" });
  server.set("_h._tcp.test", { type: "SRV", priority: 1, weight: 1, port: 81, target: "both.test" });
  const asking = (name: string, prefer: "ipv4" | "ipv6") =>
    new Listening(room, { dns: { name, port: 80, prefer, servers: [server.address] } }).start();
  await asking("both.test", "ipv4").tells("10.0.0.1:80");
  await asking("both.test", "ipv6").tells("[2001:db8::1]:80");
  await asking("old.test", "ipv6").tells("10.0.0.2:80");
  const dns = {
    name: "_h._tcp.test",
    record: "srv",
    prefer: "ipv6",
    servers: [server.address],
  } satisfies DiscoverDnsInput;
  await new Listening(room, { dns }).start().tells("[2001:db8::1]:81");
});

test("a service has its ports, weights, tiers and names, and its addresses are asked for", async () => {
  await using room = new Room();
  const server = await NameServer.start(room);
  const srv = (priority: number, weight: number, port: number, target: string) =>
    ({ type: "SRV", priority, weight, port, target }) as const;
  server.set("_h._tcp.test", srv(1, 5, 81, "a.test"), srv(1, 0, 82, "b.test"), srv(2, 9, 83, "c.test"));
  server.set("a.test", { type: "A", address: "10.0.0.1" }, { type: "A", address: "10.0.0.2" });
  server.set("b.test", { type: "A", address: "10.0.0.3" });
  server.set("c.test", { type: "CNAME", target: "b.test" });
  const listening = new Listening(room, {
    dns: { name: "_h._tcp.test", record: "srv", servers: [server.address] },
  }).start();
  await listening.tells("10.0.0.1:81 10.0.0.2:81 10.0.0.3:82 10.0.0.3:83");
  expect(listening.found).toEqual([
    { address: "10.0.0.1:81", weight: 5, serverName: "a.test" },
    { address: "10.0.0.2:81", weight: 5, serverName: "a.test" },
    { address: "10.0.0.3:82", weight: 1, serverName: "b.test", backup: true },
    { address: "10.0.0.3:83", weight: 9, serverName: "c.test", backup: true },
  ]);
  server.set("_h._tcp.test", srv(0, 0, 0, ""));
  await listening.tells("");
});

test("a target that is no name is told of without what would be a command to a terminal", async () => {
  await using room = new Room();
  const server = await NameServer.start(room);
  const target = "a\u001b[2j\n.test";
  server.set("_h._tcp.test", { type: "SRV", priority: 1, weight: 1, port: 81, target });
  server.set(`${target}`, { type: "A", address: "10.0.0.1" });
  const listening = new Listening(room, {
    dns: { name: "_h._tcp.test", record: "srv", servers: [server.address] },
  }).start();
  await listening.tells("no answer");
  await until("the reason", () => listening.problem.includes("a name for TLS that is none"));
  expect(listening.problem).toMatch(/^[ -~]*$/);
});

test("what does not fit into a datagram is asked for over TCP", async () => {
  await using room = new Room();
  const server = await NameServer.start(room);
  server.misbehaviour = "cut";
  server.set(
    "app.test",
    ...Array.from({ length: 200 }, (_, index) => ({ type: "A", address: `10.0.1.${index}` }) as const),
  );
  const listening = new Listening(room, { dns: { name: "app.test", port: 80, servers: [server.address] } }).start();
  await until("all of them", () => listening.found.length === 200);
  expect(server.askedOverTcp).toBeGreaterThan(0);
});

test("it is asked again when the least TTL is over, and when the interval is over at the latest", async () => {
  await using room = new Room();
  const server = await NameServer.start(room);
  server.ttlSeconds = 3600;
  server.set("app.test", { type: "A", address: "10.0.0.1" });
  const dns = { name: "app.test", port: 80, servers: [server.address] };
  const patient = new Listening(room, { dns, interval: "1h" }).start();
  await patient.tells("10.0.0.1:80");
  const { length } = server.asked;
  const hasty = new Listening(room, { dns, interval: "20ms" }).start();
  await until("it to be asked often", () => hasty.told.length > 5);
  expect(server.asked.length).toBeGreaterThan(length + 8);
  expect(patient.told).toHaveLength(1);
  server.ttlSeconds = 0;
  const short = new Listening(room, { dns, interval: "1h" }).start();
  await until("it to be asked a second time", () => short.told.length === 2);
});

test("a name that is gone, or has nothing, is no answer and says which", async () => {
  await using room = new Room();
  const server = await NameServer.start(room);
  const listening = new Listening(room, { dns: { name: "app.test", port: 80, servers: [server.address] } }).start();
  await until("a problem", () => listening.problem === "is no name that there is");
  server.set("app.test", { type: "SRV", priority: 1, weight: 1, port: 1, target: "x" });
  await until("another", () => listening.problem === "has no address");
  server.misbehaviour = 5;
  await until("a third", () => listening.problem === "is refused by the name server (5)");
});

test("of several name servers the first that knows is believed", async () => {
  await using room = new Room();
  const [bad, silent, good] = [
    await NameServer.start(room),
    await NameServer.start(room),
    await NameServer.start(room),
  ];
  bad.misbehaviour = 2;
  silent.misbehaviour = "silent";
  good.set("app.test", { type: "A", address: "10.0.0.1" });
  const servers = [bad.address, silent.address, good.address];
  const listening = new Listening(room, { dns: { name: "app.test", port: 80, servers }, timeout: "1s" }).start();
  await listening.tells("10.0.0.1:80");
});

test("without servers of its own it asks those of the machine, with its search list, and looks into hosts first", async () => {
  await using room = new Room();
  const settings = settingsOf({ dns: "app:80" });
  // A machine's name servers are at port 53, where no test can be: the hosts file answers.
  const files = {
    resolvConf: room.write("resolv.conf", "nameserver 127.0.0.1\n"),
    hosts: room.write("hosts", "127.0.0.1 localhost\n10.0.0.7 app App.local # ours\n::7 app\n"),
  };
  const rhythm = { intervalMs: 20, timeoutMs: 200 };
  const asked = { name: "app", record: "address", port: 80 } as const;
  const listening = new Listening(room, { dns: "app:80" }, new DnsSource(asked, settings, rhythm, files)).start();
  await listening.tells("10.0.0.7:80 [::7]:80");
  room.write("hosts", "10.0.0.8 app\n");
  await listening.tells("10.0.0.8:80");
  const literal = new Listening(room, { dns: "127.0.0.9:81" }).start();
  await literal.tells("127.0.0.9:81");
});

test("a name of the search list is whole: addresses of another name are not mixed with its own", async () => {
  await using room = new Room();
  const server = await NameServer.start(room);
  server.set("app.one.test", { type: "A", address: "10.0.0.1" });
  server.set("app.two.test", { type: "A", address: "10.0.0.2" }, { type: "AAAA", address: "2001:db8::2" });
  const files = {
    resolvConf: room.write("resolv.conf", "nameserver 127.0.0.1\nsearch one.test two.test\n"),
    hosts: room.write("hosts", ""),
    port: Number(server.address.split(":")[1]),
  };
  const asked = { name: "app", record: "address", port: 80 } as const;
  const source = new DnsSource(asked, settingsOf({ dns: "app:80" }), { intervalMs: 20, timeoutMs: 2000 }, files);
  const listening = new Listening(room, { dns: "app:80" }, source).start();
  await listening.tells("10.0.0.1:80");
  server.set("app.one.test");
  await listening.tells("10.0.0.2:80 [2001:db8::2]:80");
});

test("a target that is gone is passed over with a remark, and one that nobody answers for keeps all as they are", async () => {
  await using room = new Room();
  const server = await NameServer.start(room);
  const srv = (port: number, target: string) => ({ type: "SRV", priority: 1, weight: 1, port, target }) as const;
  server.set("_h._tcp.test", srv(81, "a.test"), srv(82, "gone.test"), srv(83, "bare.test"));
  server.set("a.test", { type: "A", address: "10.0.0.1" });
  server.set("bare.test", { type: "CNAME", target: "nowhere.test" });
  const dns = { name: "_h._tcp.test", record: "srv" as const, servers: [server.address] };
  const listening = new Listening(room, { dns }).start();
  await listening.tells("10.0.0.1:81");
  expect(listening.last).toMatchObject({ remarks: ["gone.test has no address", "bare.test has no address"] });
  server.failing.set("gone.test", 2);
  await listening.tells("no answer");
  expect(listening.problem).toBe("has the target gone.test, which is not answered for: the name server fails");
  server.failing.clear();
  await listening.tells("10.0.0.1:81");
  server.set("a.test");
  await listening.tells("no answer");
  expect(listening.problem).toStartWith("tells of no server that can be used: a.test has no address; ");
});

test("targets are asked for together", async () => {
  await using room = new Room();
  const server = await NameServer.start(room);
  const names = Array.from({ length: 40 }, (_, index) => `t${index}.test`);
  server.set(
    "_h._tcp.test",
    ...names.map((target) => ({ type: "SRV", priority: 1, weight: 1, port: 81, target }) as const),
  );
  for (const [index, name] of names.entries()) server.set(name, { type: "A", address: `10.0.0.${index}` });
  server.delayMs = 200;
  const dns = { name: "_h._tcp.test", record: "srv" as const, servers: [server.address] };
  // One after the other they would take 8 s.
  const listening = new Listening(room, { dns, timeout: "6s" }).start();
  await until("all of them", () => listening.found.length === names.length);
  expect(listening.told).toHaveLength(1);
});

test("that an answer is too long, and TCP not there to tell it, is said", async () => {
  await using room = new Room();
  const server = await NameServer.start(room);
  server.misbehaviour = "cut short";
  server.set("app.test", { type: "A", address: "10.0.0.1" });
  const listening = new Listening(room, { dns: { name: "app.test", port: 80, servers: [server.address] } }).start();
  await until("the reason", () => listening.problem !== "");
  expect(listening.problem).toBe("does not fit into a datagram, and its name server does not answer over TCP");
});

test("a name server may have a name", async () => {
  await using room = new Room();
  const server = await NameServer.start(room);
  server.set("app.test", { type: "A", address: "10.0.0.1" });
  const servers = [server.address.replace("127.0.0.1", "localhost")];
  await new Listening(room, { dns: { name: "app.test", port: 80, servers } }).start().tells("10.0.0.1:80");
});

test("a type that a name server never speaks of is done without, and one that it spoke of once is not", async () => {
  for (const how of ["silent", 2] as const) {
    await using room = new Room();
    const server = await NameServer.start(room);
    server.set("app.test", { type: "A", address: "10.0.0.1" });
    server.failingType = { type: recordType.aaaa, how };
    const dns = { name: "app.test", port: 80, servers: [server.address] };
    const listening = new Listening(room, { dns }).start();
    await listening.tells("10.0.0.1:80");
    server.set("app.test", { type: "A", address: "10.0.0.2" });
    await listening.tells("10.0.0.2:80");
    server.failingType = null;
    server.set("app.test", { type: "A", address: "10.0.0.3" }, { type: "AAAA", address: "2001:db8::1" });
    await listening.tells("10.0.0.3:80 [2001:db8::1]:80");
    server.failingType = { type: recordType.aaaa, how };
    await listening.tells("no answer");
  }
});
