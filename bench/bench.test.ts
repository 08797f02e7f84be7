import { expect, test } from "bun:test";
import { readHandshakes } from "./handshake.ts";
import { readWrk } from "./load.ts";
import { median } from "./measure.ts";
import { cpuUs, residentKb, workersOf } from "./process.ts";
import { type CpuProfile, selfTimes } from "./profile.ts";

const said = `Running 4s test @ http://127.0.0.1:9002/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.46ms  310.11us   9.08ms   88.20%
    Req/Sec    43.94k     1.40k   46.79k    70.00%
  Latency Distribution
     50%  500.00us
     75%    1.53ms
     90%    1.72ms
     99%    2.59ms
  175012 requests in 4.00s, 33.38MB read
Requests/sec:  43741.90
Transfer/sec:      8.34MB
`;

test("what wrk says is read, in its units", () => {
  expect(readWrk(said)).toEqual({
    requests: 175_012,
    requestsPerSecond: 43_741.9,
    p50Ms: 0.5,
    p99Ms: 2.59,
    errors: 0,
  });
});

test("all kinds of errors count", () => {
  const errors = "  Socket errors: connect 1, read 2, write 3, timeout 4\n  Non-2xx or 3xx responses: 5\n";
  expect(readWrk(said.replace("Requests/sec", `${errors}Requests/sec`)).errors).toBe(15);
});

test("what is not wrk's report is refused", () => {
  expect(() => readWrk("unable to connect")).toThrow("unable to connect");
});

test("the median is the middle one, or the mean of the two in the middle", () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test("a function's own time is summed over its samples", () => {
  const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 9 });
  const profile: CpuProfile = {
    nodes: [
      { id: 1, callFrame: frame("parse", "file:///repo/src/wire/parse.ts") },
      { id: 2, callFrame: frame("write", "") },
    ],
    samples: [1, 2, 1],
    timeDeltas: [10, 5, 20],
  };
  expect(selfTimes(profile, "/repo")).toEqual([
    { name: "parse", place: "src/wire/parse.ts:10", us: 30 },
    { name: "write", place: "(runtime)", us: 5 },
  ]);
});

test.if(process.platform === "linux")("the kernel's figures of a process are read", () => {
  expect(workersOf(process.pid)).toEqual([process.pid]);
  expect(residentKb([process.pid])).toBeGreaterThan(10_000);
  expect(cpuUs([process.pid])).toBeGreaterThan(1000);
});

test("full and resumed handshakes are told apart", () => {
  const report =
    "Collecting connection statistics for 1 seconds\n***r*\n\n5 connections in 0.80s; 1727 connections/user sec\n";
  expect(readHandshakes(report)).toEqual({ full: 4, resumed: 1 });
});
