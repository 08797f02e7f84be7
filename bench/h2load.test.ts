import { expect, test } from "bun:test";
import { readH2load } from "./h2load.ts";

const said = `starting benchmark...
Application protocol: h2
progress: 100% of clients started

finished in 4.01s, 24503.25 req/s, 2.15MB/s
requests: 98013 total, 98269 started, 98013 done, 98013 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 98013 2xx, 0 3xx, 0 4xx, 0 5xx
traffic: 8.60MB (9018012) total, 1.03MB (1078143) headers (space savings 95.00%), 5.61MB (5880780) data
`;
const log = "1670000000000001\t200\t1500\n1670000000000002\t200\t500\n1670000000000003\t200\t2500\n";

test("what h2load says is read, and each request's time out of its log", () => {
  expect(readH2load(said, log)).toEqual({
    requests: 98_013,
    requestsPerSecond: 24_503.25,
    p50Ms: 1.5,
    p99Ms: 1.5,
    errors: 0,
  });
});

test("failures, statuses and another protocol are errors", () => {
  const failed = said.replace("0 failed, 0 errored, 0 timeout", "1 failed, 2 errored, 3 timeout");
  expect(readH2load(failed.replace("0 4xx, 0 5xx", "4 4xx, 5 5xx"), log).errors).toBe(15);
  expect(readH2load(said.replace("protocol: h2\n", "protocol: http/1.1\n"), log).errors).toBe(1);
});

test("what is not h2load's report is refused", () => {
  expect(() => readH2load("could not connect", "")).toThrow("could not connect");
});
