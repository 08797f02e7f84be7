// Each in a process of its own that has less than it needs: few descriptors, or a network with few ports.

import { expect, test } from "bun:test";
import { hasOwnNetwork, printed, printedThere } from "../../test/ownnetwork.ts";
import { portsTaken } from "../flow/egress/blame.ts";

const head = `
const { Driver } = await import(${JSON.stringify(import.meta.resolve("./driver.ts"))});
const { RecordingFlow, serverAt } = await import(${JSON.stringify(import.meta.resolve("../../test/runtime/flow.ts"))});
const warnings = [];
const driver = new Driver((error) => { throw error; }, (message) => warnings.push(message));
const dial = (address, source) => {
  const flow = new RecordingFlow();
  driver.dial({ ...serverAt(address), source }, flow, 10_000, null);
  return flow;
};
const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
const there = { kind: "tcp", host: "127.0.0.1", port: listener.port };
const fate = async (flow) => {
  while (flow.told.length === 0) await Bun.sleep(1);
  return flow.fault === null ? flow.told[0] : flow.fault.code + " " + flow.fault.detail;
};
`;

const descriptors = `
const { openSync, closeSync } = require("node:fs");
// Files that are opened late by the runtime itself.
await fate(dial(there, "")), await fate(dial(there, "127.0.0.9"));
const files = [];
try {
  for (;;) files.push(openSync("/dev/null", "r"));
} catch {}
const flows = [dial(there, ""), dial(there, "127.0.0.9"), dial({ kind: "unix", path: "/nowhere" }, "")];
for (const file of files) closeSync(file);
const fates = [];
for (const flow of flows) fates.push(await fate(flow));
fates.push(await fate(dial({ ...there, port: 1 }, "")), await fate(dial(there, "")));
console.log(JSON.stringify({ fates, warnings }));
process.exit(0);
`;

const ports = `
const fates = {};
for (let times = 0; times < 110; times++) {
  const one = await fate(dial(there, ""));
  fates[one] = (fates[one] ?? 0) + 1;
}
const { wayProblem } = await import(${JSON.stringify(import.meta.resolve("./sourcecheck.ts"))});
for (const host of ["192.0.2.1", "2001:db8:ffff::1"]) if ((await wayProblem(host)) !== ${JSON.stringify(portsTaken)}) fates[host] = "no way";
console.log(JSON.stringify({ fates, warnings }));
process.exit(0);
`;

interface Printed {
  readonly fates: unknown;
  readonly warnings: readonly string[];
}

test.skipIf(process.platform !== "linux")(
  "a dial without a descriptor is not taken for one that was refused",
  async () => {
    const { fates, warnings } = await printed<Printed>(
      ["sh", "-c", 'ulimit -n 64; exec "$0" "$@"'],
      head + descriptors,
    );
    expect(fates).toEqual([
      ...new Array(3).fill("connect_refused EMFILE"),
      "connect_refused ECONNREFUSED",
      "connected",
    ]);
    expect(warnings).toEqual([
      "worker 0 may open no more files, and cannot connect to servers: raise ulimit -n (LimitNOFILE), or lower maxConnections",
    ]);
  },
);

test.skipIf(!hasOwnNetwork)("a dial for which no port is left is told from one to where no way leads", async () => {
  const { fates, warnings } = await printedThere<Printed>(head + ports);
  expect(fates).toEqual({
    connected: 99,
    [`connect_refused ${portsTaken}`]: 11,
    "192.0.2.1": "no way",
    "2001:db8:ffff::1": "no way",
  });
  expect(warnings).toEqual([
    "worker 0 cannot connect to servers for want of local ports: widen net.ipv4.ip_local_port_range, or have connections come from more addresses (source)",
  ]);
});
