import { beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../test/e2e/harness/port.ts";
import { localServer, RecordingFlow, serverAt } from "../../test/runtime/flow.ts";
import { Door, End, endHandlers, settled } from "../../test/runtime/pair.ts";
import { StuckListener } from "../../test/runtime/stuck.ts";
import { straysMax } from "./dialer.ts";
import { Driver } from "./driver.ts";

const testHere = process.platform === "linux" ? test : test.skip;

let failures: Error[];
let driver: Driver;
let flow: RecordingFlow;
beforeEach(() => {
  failures = [];
  driver = new Driver((error) => failures.push(error));
  flow = new RecordingFlow();
});

/** Lets the time of a dial run out, as the driver's timer would. */
function runOut(round = 0): void {
  driver.refresh();
  driver.wheel.advance(driver.nowMs + 60_000 * (round + 1));
}

test("a dial that is accepted tells connected once, with a line that works, and leaves the wheel", async () => {
  using door = new Door();
  driver.dial(localServer(door.port), flow, 10_000, null);
  expect(flow.told).toEqual([]);
  await flow.heard("connected");
  expect(driver.wheel.size).toBe(0);
  flow.line.send(new TextEncoder().encode("hello"), 0, 5);
  const peer = await door.end();
  await peer.heardBytes(5);
  peer.socket.write("answer");
  await flow.heardBytes(6);
  peer.socket.shutdown();
  await flow.heard("ended");
  flow.line.end();
  await flow.heard("closed");
  expect(flow.told).toEqual(["connected", "ended", "closed"]);
});

test("a refused dial tells refused once, after the call, with the system's reason", async () => {
  driver.dial(localServer(freePort()), flow, 10_000, null);
  expect(flow.told).toEqual([]);
  await flow.heard("refused connect_refused");
  expect(flow.fault).toMatchObject({ code: "connect_refused", retry: "elsewhere" });
  expect(flow.fault!.detail).toContain("ECONNREFUSED");
  expect(driver.wheel.size).toBe(0);
  runOut();
  await settled();
  expect(flow.told).toHaveLength(1);
});

test("an address that nothing can be dialed at is refused, not thrown", async () => {
  const addresses = [
    { kind: "tcp", host: "", port: 0 },
    { kind: "tcp", host: "127.0.0.1", port: 0 },
    { kind: "unix", path: "/nowhere/at/all.sock" },
    { kind: "unix", path: `/${"x".repeat(200)}` },
  ] as const;
  for (const address of addresses) {
    const one = new RecordingFlow();
    driver.dial(serverAt(address), one, 10_000, null);
    expect(one.told).toEqual([]);
    await one.heard("refused connect_refused");
    await settled();
    expect(one.told).toHaveLength(1);
  }
  expect(driver.wheel.size).toBe(0);
});

test("a dial that times out is answered once, and a connection that still comes is closed unseen", async () => {
  using door = new Door();
  driver.dial(localServer(door.port), flow, 50, null);
  // Before the loop has gone round: the connection is there, and nobody has been told of it.
  runOut();
  expect(flow.told).toEqual(["refused connect_timeout"]);
  const peer = await door.end();
  await peer.heard("end");
  await settled();
  expect(flow.told).toEqual(["refused connect_timeout"]);
  expect(driver.wheel.size).toBe(0);
});

test("an address that lets dials run out of time takes no more of them than its share, until it answers again", async () => {
  using door = new Door();
  await using stuck = await StuckListener.start();
  const fates: RecordingFlow[] = [];
  const dial = (port: number): RecordingFlow => {
    const one = new RecordingFlow();
    fates.push(one);
    driver.dial(localServer(port), one, 50, null);
    return one;
  };
  for (let count = 0; count < straysMax; count++) dial(stuck.port);
  runOut();
  expect(fates.every(({ told }) => told[0] === "refused connect_timeout")).toBe(true);
  const before = readdirSync("/proc/self/fd").length;
  const over = dial(stuck.port);
  expect(over.told).toEqual([]);
  await over.heard("refused connect_timeout");
  expect(over.fault!.detail).toBe("too many connects hang already");
  expect(readdirSync("/proc/self/fd").length).toBe(before);
  // Other addresses are none the worse for it.
  await dial(door.port).heard("connected");
  // Nobody listens any more, and the kernel says so as it tries again.
  await stuck[Symbol.asyncDispose]();
  for (;;) {
    const one = dial(stuck.port);
    while (one.told.length === 0) await settled();
    if (one.told[0] === "refused connect_refused") break;
    await Bun.sleep(20);
  }
}, 60_000);

testHere(
  "a dial from an address of ours that times out is aborted: it keeps no descriptor, and its address no place",
  async () => {
    await using stuck = await StuckListener.start();
    const server = { ...localServer(stuck.port), source: "127.0.0.9" };
    const before = readdirSync("/proc/self/fd").length;
    for (let round = 0; round < 2; round++) {
      const fates = Array.from({ length: straysMax }, () => new RecordingFlow());
      for (const one of fates) driver.dial(server, one, 50, null);
      expect(readdirSync("/proc/self/fd").length).toBe(before + straysMax);
      runOut(round);
      expect(fates.every(({ told }) => told.join() === "refused connect_timeout")).toBe(true);
      expect(fates[0]!.fault!.detail).not.toBe("too many connects hang already");
      expect(readdirSync("/proc/self/fd").length).toBe(before);
    }
    expect(driver.wheel.size).toBe(0);
  },
);

testHere("dials from an address of ours are refused with the system's reason, after the call", async () => {
  for (const [host, port, source, code, detail] of [
    ["127.0.0.1", freePort(), "127.0.0.9", "connect_refused", "ECONNREFUSED"],
    ["127.0.0.1", 80, "192.0.2.1", "source_unusable", "EADDRNOTAVAIL"],
    // Nothing leads from there to another machine.
    ["192.0.2.1", 80, "127.0.0.9", "source_unusable", "EINVAL"],
    ["::1", 80, "127.0.0.9", "source_unusable", "127.0.0.9 is no address of the family of ::1"],
  ] as const) {
    const one = new RecordingFlow();
    driver.dial({ ...serverAt({ kind: "tcp", host, port }), source }, one, 10_000, null);
    expect(one.told).toEqual([]);
    await one.heard(`refused ${code}`);
    expect(one.fault!.detail).toBe(detail);
    await settled();
    expect(one.told).toHaveLength(1);
  }
  expect(driver.wheel.size).toBe(0);
});

test("a flow that throws from connected is told to the driver, and its line is reset", async () => {
  using door = new Door();
  flow.doing = (word) => {
    if (word === "connected") throw new Error("in connected");
  };
  driver.dial(localServer(door.port), flow, 10_000, null);
  await flow.heard("closed by reset");
  await (await door.end()).heard("close ECONNRESET");
  expect(failures.map(({ message }) => message)).toEqual(["in connected"]);
});

test("a flow that throws from refused is told to the driver and does not end the process", async () => {
  flow.doing = () => {
    throw new Error("in refused");
  };
  driver.dial(localServer(freePort()), flow, 10_000, null);
  await flow.heard("refused connect_refused");
  await settled();
  expect(failures.map(({ message }) => message)).toEqual(["in refused"]);
});

test.if(existsSync("/proc/net/if_inet6"))("a server may have an IPv6 address", async () => {
  const end = new End();
  const listener = Bun.listen<End>({ hostname: "::1", port: 0, socket: endHandlers(() => end) });
  driver.dial(serverAt({ kind: "tcp", host: "::1", port: listener.port }), flow, 10_000, null);
  await flow.heard("connected");
  await end.heard("open");
  flow.line.destroy();
  listener.stop(true);
});

test("a server may be a unix socket", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-dialer-"));
  const end = new End();
  const path = join(folder, "server.sock");
  const listener = Bun.listen<End>({ unix: path, socket: endHandlers(() => end) });
  driver.dial(serverAt({ kind: "unix", path }), flow, 10_000, null);
  await flow.heard("connected");
  flow.line.send(new Uint8Array(3), 0, 3);
  await end.heardBytes(3);
  flow.line.destroy();
  listener.stop(true);
  rmSync(folder, { recursive: true });
});
