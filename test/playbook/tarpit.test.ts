// A rule that lets a client wait: what it says meanwhile, how it leaves, and how it goes on afterwards.

import { expect, test } from "bun:test";
import type { OutcomePlan, RulePlan } from "../../src/config/plan.ts";
import { Playbook } from "../playbook.ts";
import { answer, rule, rules } from "./rules.ts";
import { get } from "./words.ts";

const judged = (request: readonly RulePlan[]): Playbook => new Playbook({ listener: { rules: rules({ request }) } });
const where = (text: string): string => `path == '${text}'`;

const held: OutcomePlan = { kind: "tarpit", forMs: 5_000, reply: answer(500) };
/** The answer five seconds later. */
const late = [
  "HTTP/1.1 500 Internal Server Error",
  "Date: Thu, 01 Jan 2026 00:00:05 GMT",
  "Content-Type: text/plain; charset=utf-8",
  "Content-Length: 26",
  "Cache-Control: no-store",
  "",
  "500 Internal Server Error\n",
].join("\r\n");
/** The same where the connection ends with it. */
const last = late.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");

test("a tarpit answers after its time, and the connection goes on", () => {
  const play = judged([rule(where("/"), held)]);
  const client = play.connect();
  client.sends(get("/"));
  play.expect();
  play.pass(4_900);
  play.expect();
  play.pass(200);
  play.expect(client.gets(late), "report 500 denied");
  client.sends(get("/x"));
  play.expectAmong("dial one:80");
});

test("who leaves a tarpit is let go at once, and who is cut too", () => {
  const play = judged([rule(null, held)]);
  const client = play.connect();
  client.sends(get("/"));
  expect(client.isPaused).toBe(false);
  client.closes();
  play.expect("report 0 client_closed");
  const other = play.connect();
  other.sends("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  play.drain();
  play.cut();
  play.expect("report 0 draining", other.is("reset"));
  play.pass(10_000);
  play.expect();
  play.expectNothingLeft();
});

test("one who sends the next request before the answer is seen to leave a tarpit too", () => {
  const play = judged([rule(null, held)]);
  const client = play.connect();
  client.sends(get("/") + get("/next"));
  play.expect(client.is("paused"), client.is("resumed"));
  client.closes();
  play.expect("report 0 client_closed");
  play.expectNothingLeft();
});

test("requests that come while a tarpit holds are thrown away, and the connection ends with the answer", () => {
  const play = judged([rule(where("/"), held)]);
  const client = play.connect();
  client.sends(get("/"));
  for (let sent = 0; sent < 50; sent++) client.sends(get("/next"));
  expect(client.isPaused).toBe(false);
  play.expect();
  play.pass(5_100);
  play.expect(client.gets(last), "report 500 denied", client.is("ended"));
  client.ends();
  play.expect(client.is("destroyed"));
  play.expectNothingLeft();
});

test("a tarpit reads a body to its end and throws it away: the FIN behind it is no leaving, the FIN inside of it is", () => {
  const sizes: number[] = [];
  const listener = { rules: rules({ request: [rule(null, held)] }) };
  const play = new Playbook({ listener }, (exchange) => sizes.push(exchange.requestBytes));
  const whole = play.connect();
  const torn = play.connect();
  for (const client of [whole, torn]) client.sends("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  whole.sends("defghij");
  torn.sends("def");
  torn.ends();
  play.expect("report 0 client_closed", torn.is("reset"));
  whole.ends();
  play.expect();
  play.pass(5_100);
  play.expect(whole.gets(last), "report 500 denied", whole.is("destroyed"));
  expect(sizes).toEqual([6, 10]);
  play.expectNothingLeft();
});

test("who has ended its side gets the answer of a tarpit, and not before its time", () => {
  const play = judged([rule(null, held)]);
  const client = play.connect();
  client.sends(get("/"));
  client.ends();
  play.pass(4_900);
  play.expect();
  play.pass(200);
  play.expectAmong("report 500 denied");
  play.expectNothingLeft();
});
