import { expect, test } from "bun:test";
import { closeSync, fstatSync, readFileSync } from "node:fs";
import { freePort } from "../../test/e2e/harness/port.ts";
import { hasOwnNetwork, printedThere } from "../../test/ownnetwork.ts";
import { Door } from "../../test/runtime/pair.ts";
import { portsTaken } from "../flow/egress/blame.ts";
import { byRuntime, connectFrom } from "./sourcesocket.ts";

const testHere = process.platform === "linux" ? test : test.skip;

testHere("the connection comes from that address, does not block, and is not handed to other programs", async () => {
  using door = new Door();
  const descriptor = connectFrom("127.0.0.9", "127.0.0.1", door.port) as number;
  expect((await door.end()).socket.remoteAddress).toBe("127.0.0.9");
  const flags = Number.parseInt(
    /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8"))![1]!,
    8,
  );
  // O_NONBLOCK and O_CLOEXEC.
  expect(flags & 0o2004000).toBe(0o2004000);
  closeSync(descriptor);
});

testHere("what is in the way is answered by its name, and no descriptor is left", () => {
  const next = connectFrom("127.0.0.9", "127.0.0.1", freePort()) as number;
  closeSync(next);
  expect(connectFrom("192.0.2.1", "127.0.0.1", 80)).toBe("EADDRNOTAVAIL");
  expect(connectFrom("2001:db8::1", "::1", 80)).toBe("EADDRNOTAVAIL");
  expect(connectFrom("127.0.0.9", "192.0.2.1", 80)).toBe("EINVAL");
  expect(() => fstatSync(next)).toThrow("EBADF");
});

testHere("where addresses have zones, or are none, the runtime connects", () => {
  expect(connectFrom("fe80::1%lo", "fe80::2", 80)).toBe(byRuntime);
  expect(connectFrom("127.0.0.9", "", 80)).toBe(byRuntime);
});

/** In a network of its own, where an address has a hundred ports: prints how many of 60 connections to each of five targets stand at once. */
const program = `
const { Driver } = await import(${JSON.stringify(import.meta.resolve("./driver.ts"))});
const { RecordingFlow, serverAt } = await import(${JSON.stringify(import.meta.resolve("../../test/runtime/flow.ts"))});
const [six] = process.argv.slice(1);
const source = six ? "2001:db8::9" : "127.0.0.9";
const hosts = [1, 2, 3, 4, 5].map((each) => (six ? "2001:db8::" : "127.0.0.") + each);
for (const hostname of hosts) Bun.listen({ hostname, port: 21000, socket: { data() {} } });
const driver = new Driver((error) => { throw error; });
const told = {};
const dial = async (host) => {
  const flow = new RecordingFlow();
  driver.dial({ ...serverAt({ kind: "tcp", host, port: 21000 }), source }, flow, 10_000, null);
  while (flow.told.length === 0) await Bun.sleep(1);
  const word = flow.fault?.detail ?? flow.told[0];
  told[word] = (told[word] ?? 0) + 1;
};
for (let times = 0; times < 60; times++) await Promise.all(hosts.map(dial));
for (let times = 0; times < 60; times++) await dial(hosts[0]);
console.log(JSON.stringify(told));
process.exit(0);
`;

test.skipIf(!hasOwnNetwork).each([
  ["IPv4", ""],
  ["IPv6", "six"],
])(
  "%s: an address has all its ports for each target, and when they are used up that is said",
  async (_, six) => {
    const told = await printedThere<Record<string, number>>(program, six);
    expect(told).toEqual({ connected: 340, [portsTaken]: 20 });
  },
  20_000,
);
