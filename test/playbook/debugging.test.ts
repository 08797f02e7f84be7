// Live requests that show the debug token, and those that show another.

import { expect, test } from "bun:test";
import { faultWith } from "../../src/base/fault.ts";
import type { Explanation } from "../../src/flow/explanation.ts";
import { rowOfKey } from "../../src/memory/sticktable/rows.ts";
import { Playbook } from "../playbook.ts";
import type { Actor } from "./actor.ts";
import type { PlanOptions } from "./plan.ts";
import { deny, rule, rules, table, track } from "./rules.ts";
import { get, ok } from "./words.ts";

const debugToken = "open-sesame-open";
const seen = table("seen", ["http_req_cnt", "conn_cnt"]);
const tracking = rule(null, null, { name: "clients", does: [track()] });
const denying = rule("path == '/no'", deny(), { name: "no", slot: 3 });
const options: PlanOptions = {
  debugToken,
  tables: [seen],
  listener: { rules: rules({ connection: [tracking], request: [denying] }) },
};

/** What a client was sent, of all that was said. */
function sentTo({ name }: Actor, said: readonly string[]): string {
  const prefix = `${name} gets `;
  const lines = said.filter((line) => line.startsWith(prefix));
  return lines.map((line) => JSON.parse(`"${line.slice(prefix.length)}"`) as string).join("");
}

function tracesIn(response: string): string[] {
  return response.split("\r\n").flatMap((line) => (line.startsWith("Sluice-Trace: ") ? [line.slice(14)] : []));
}

/** A request and the server's answer to it. */
function exchanged(play: Playbook, ...fields: string[]): { asked: string; traces: string[] } {
  const client = play.connect();
  client.sends(get("/yes", ...fields));
  const server = play.accept();
  server.sends(ok("1"));
  const said = play.take();
  return { asked: sentTo(server, said), traces: tracesIn(sentTo(client, said)) };
}

test("the answer of a server comes with the trace, and the server never sees the token", () => {
  const play = new Playbook(options);
  const { asked, traces } = exchanged(play, `Sluice-Debug: ${debugToken}`);
  expect(asked).toBe(get("/yes"));
  expect(traces).toEqual([
    "GET /yes at a from 192.0.2.1, listener web",
    "connection rules of listener web, asked again as if the client connected now",
    "  clients  yes      always  (here)",
    "                    - tracks src in seen, slot 0",
    "                        src = 192.0.2.1",
    "request rules of listener web",
    "  no  no       path == '/no'  (here)",
    '                 path = "/yes"',
    "pool app: 1 of 1 servers may be picked (roundRobin)",
    "  * one:80  up, not checked, weight 1, 0 in flight",
    "  one:80: it is the only one that may be picked",
    "entries of tables",
    "  seen[192.0.2.1]  http_req_cnt 1, conn_cnt 1",
    "=> one:80 of pool app answers 200",
  ]);
});

test("a server that could not be reached is told of in words, and with what the system has said", () => {
  const play = new Playbook({ ...options, pool: { retries: 0 } });
  const client = play.connect();
  client.sends(get("/yes", `Sluice-Debug: ${debugToken}`));
  play.refuse(faultWith("connect_refused", "ECONNREFUSED"));
  expect(tracesIn(sentTo(client, play.take())).at(-1)).toBe(
    "=> it is answered 502: the server refused the connection (ECONNREFUSED)",
  );
});

test("playing the connection's rules again counts nobody", () => {
  const play = new Playbook(options);
  exchanged(play, `Sluice-Debug: ${debugToken}`);
  const found = play.memory.table("seen");
  found.key.setText("192.0.2.1");
  const octets = new Uint8Array(16).fill(0xff, 10, 12);
  octets.set([192, 0, 2, 1], 12);
  found.key.setAddress(octets, 0);
  expect(rowOfKey(found, play.sharedMs)!.values).toEqual({ http_req_cnt: 1, conn_cnt: 1 });
  expect(play.totals.rule(0)).toBe(1);
});

test("an answer of ours comes with the trace too, and its rule is counted as ever", () => {
  const play = new Playbook(options);
  const client = play.connect();
  client.sends(get("/no", `sluice-debug: ${debugToken}`));
  const response = sentTo(client, play.take());
  expect(response).toStartWith("HTTP/1.1 403 Forbidden\r\n");
  expect(response).toContain("\r\nCache-Control: private\r\nSluice-Trace: ");
  expect(tracesIn(response).slice(-1)).toEqual(["=> rule no of listener web answers 403"]);
  expect(play.totals.rule(3)).toBe(1);
});

test("as JSON it is one field", () => {
  const { traces } = exchanged(new Playbook(options), `Sluice-Debug: ${debugToken} json`, "X-Odd: gr\u00fc\u00df");
  expect(traces).toHaveLength(1);
  const trace = JSON.parse(traces[0]!) as Explanation;
  expect(trace.outcome).toEqual({ status: 200, rule: "", text: "one:80 of pool app answers 200" });
  expect(trace.choices[0]!.server).toBe("one:80");
});

test("another token says nothing, and goes no further either; nor does the right one sent twice", () => {
  const wrong = exchanged(new Playbook(options), "Sluice-Debug: open-sesame-opem");
  expect(wrong).toEqual({ asked: get("/yes"), traces: [] });
  const twice = exchanged(new Playbook(options), `Sluice-Debug: ${debugToken}`, `Sluice-Debug: ${debugToken}`);
  expect(twice.asked).toBe(get("/yes"));
});

test("rules do not see the token", () => {
  const looking = rule("has(headers['sluice-debug'])", deny(), { name: "looks" });
  const play = new Playbook({ ...options, listener: { rules: rules({ request: [looking] }) } });
  expect(exchanged(play, `Sluice-Debug: ${debugToken}`).traces.at(-1)).toBe("=> one:80 of pool app answers 200");
});

test("where the config has no token the field is one like any other", () => {
  const { debugToken: _, ...without } = options;
  const { asked, traces } = exchanged(new Playbook(without), `Sluice-Debug: ${debugToken}`);
  expect(asked).toBe(get("/yes", `Sluice-Debug: ${debugToken}`));
  expect(traces).toEqual([]);
});

test("a long trace is cut off at its limit, and says so", () => {
  const many = Array.from({ length: 200 }, (_, index) =>
    rule(`path == '/some/rather/long/path/number/${index}'`, deny(), { name: `rule number ${index}` }),
  );
  const { traces } = exchanged(
    new Playbook({ ...options, listener: { rules: rules({ request: many }) } }),
    `Sluice-Debug: ${debugToken}`,
  );
  const bytes = traces.reduce((sum, line) => sum + line.length + "Sluice-Trace: \r\n".length, 0);
  expect(bytes).toBeLessThan(13 * 1024);
  expect(traces.at(-1)).toMatch(/^\.\.\. \d+ more lines$/);
});

test("what follows on the same connection is told nothing", () => {
  const play = new Playbook(options);
  const client = play.connect();
  client.sends(get("/yes", `Sluice-Debug: ${debugToken}`));
  const server = play.accept();
  server.sends(ok("1"));
  play.take();
  client.sends(get("/yes"));
  server.sends(ok("2"));
  expect(play.take()).toEqual([server.gets(get("/yes")), client.gets(ok("2")), "report 200"]);
});
