import { expect, test } from "bun:test";
import { Origins } from "../origins.ts";
import { checkOf } from "./health.ts";
import { tableOf, toldBy } from "./translated.fixture.ts";

function check(toml: string, around = { isUdp: false, hasTls: false }) {
  const table = tableOf(toml);
  const origins = new Origins();
  return { check: checkOf(table, around, [["pools", "a", "check"]], origins), told: toldBy(table.ledger), origins };
}
const times = 'interval = "2s"\ntimeout = "1s"\n';

test("a ping is a connection without TLS, with gobetween's counts", () => {
  const plain = { tcp: true, every: "2s", timeout: "1s", rise: 1, fall: 1 } as const;
  expect(check(`kind = "ping"\n${times}`)).toMatchObject({ check: plain, told: [] });
  expect(check(`kind = "ping"\n${times}`, { isUdp: false, hasTls: true }).check).toEqual({ ...plain, tls: false });
  expect(check(`kind = "ping"\n${times}passes = 2\nfails = 5`).check).toMatchObject({ rise: 2, fall: 5 });
  expect(check(`kind = "ping"\n${times}`, { isUdp: true, hasTls: false }).told).toHaveLength(1);
});

test("none is no check, whatever stands beside it", () => {
  expect(check(`kind = "none"\n${times}probe_send = "x"`)).toMatchObject({ check: undefined, told: [] });
});

test("a probe sends and receives, its escapes in our writing", () => {
  const found = check(
    `kind = "probe"\n${times}probe_protocol = "tcp"\nprobe_send = 'PING\\xFF\\a'\nprobe_recv = 'PONG\\n'`,
  );
  expect(found.told).toEqual([]);
  expect(found.check).toMatchObject({ tcp: true, send: "PING\\xff\\x07", receive: { starts: "PONG\\n" } });
  expect(found.origins.find(["pools", "a", "check", "receive", "starts"])).toEqual(["probe_recv"]);
});

test("a probe's expression is approximated, and one that has no meaning here is told", () => {
  const probe = `kind = "probe"\n${times}probe_protocol = "udp"\nprobe_strategy = "regexp"\nprobe_send = "x"\n`;
  const found = check(`${probe}probe_recv = "^ok"\nprobe_recv_len = 2`, { isUdp: true, hasTls: false });
  expect(found.check).toMatchObject({ udp: true, receive: { pattern: "^ok" } });
  expect(found.told).toHaveLength(1);
  expect(found.told[0]).toStartWith("warning probe_recv_len is approximated");
  expect(check(`${probe}probe_recv = "[[:alpha:]]"\nprobe_recv_len = 2`).told[1]).toStartWith("error probe_recv has");
});

test("a command gets host and port, and must print what is expected", () => {
  const found = check(
    `kind = "exec"\n${times}exec_command = "/opt/c.sh"\nexec_expected_positive_output = "1\\n"\nexec_expected_negative_output = "0"`,
  );
  expect(found.told).toEqual([]);
  expect(found.check).toMatchObject({ exec: ["/opt/c.sh", "{host}", "{port}"], output: "1" });
});

test("a check without a time limit has that of its interval", () => {
  for (const timeout of ['timeout = "0s"', ""]) {
    const found = check(`kind = "ping"\ninterval = "3s"\n${timeout}`);
    expect(found.check).toMatchObject({ every: "3s", timeout: "3s" });
    expect(found.told).toHaveLength(1);
  }
});

test("what gobetween does not take is an error here too", () => {
  for (const toml of [
    times,
    'kind = "pings"',
    'kind = "ping"',
    `kind = "exec"\n${times}`,
    `kind = "probe"\n${times}probe_protocol = "tcp"`,
    `kind = "probe"\n${times}probe_send = "a"\nprobe_recv = "b"`,
    `kind = "probe"\n${times}probe_protocol = "tcp"\nprobe_send = "a"\nprobe_recv = "b"\nprobe_recv_len = 1`,
  ])
    expect([toml, check(toml).told.some((line) => line.startsWith("error"))]).toEqual([toml, true]);
});
