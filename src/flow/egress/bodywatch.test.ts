import { expect, test } from "bun:test";
import { coded } from "../../../test/playbook/coder.ts";
import { asked, egressPlan, egressPlay, told } from "../../../test/playbook/egresses.ts";
import { ok } from "../../../test/playbook/words.ts";
import type { Playbook } from "../../../test/playbook.ts";
import type { EgressBodyPlan, EgressPlan } from "../../config/plan.ts";

const blocked = (options: Partial<EgressBodyPlan> = {}): EgressPlan => {
  const plan = egressPlan(["192.0.2.11"]);
  const body = {
    find: "you are bl\u00f6cked",
    isPattern: false,
    types: ["text/html"],
    means: "ban",
    hosts: [],
    ...options,
  };
  return { ...plan, judge: { ...plan.judge, bodies: [body as EgressBodyPlan] } };
};
const html = (text: string, ...fields: string[]): string =>
  ok(text, "Content-Type: text/html; charset=utf-8", ...fields);
const said = Buffer.from("<p>you are bl\u00f6cked</p>").toString("latin1");

function afterwards(play: Playbook, answer: string, isCoded = false): string {
  const client = play.connect();
  client.sends(asked("b.example"));
  const server = play.accept();
  // In pieces, for what is looked for may be torn.
  const cut = answer.length - 9;
  server.sends(answer.slice(0, cut));
  if (server.flow !== null) server.sends(answer.slice(cut));
  if (isCoded) play.code();
  expect(play.take().join()).toContain("report 200");
  client.sends(asked("b.example"));
  return play.take().join().includes("egress_none") ? "banned" : "available";
}

test("a body can mean a ban, of its types and at its hosts", () => {
  expect(afterwards(egressPlay({ egress: blocked() }), html(said))).toBe("banned");
  expect(afterwards(egressPlay({ egress: blocked() }), html("welcome, welcome"))).toBe("available");
  expect(afterwards(egressPlay({ egress: blocked({ types: ["text/plain"] }) }), html(said))).toBe("available");
  expect(afterwards(egressPlay({ egress: blocked({ hosts: ["*.other.example"] }) }), html(said))).toBe("available");
  expect(afterwards(egressPlay({ egress: blocked({ hosts: ["b.example"] }) }), html(said))).toBe("banned");
  expect(afterwards(egressPlay({ egress: blocked({ find: "bl..?cked<", isPattern: true }) }), html(said))).toBe(
    "banned",
  );
  const chunked = `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n${said.slice(0, 5)}\r\n${(said.length - 5).toString(16)}\r\n${said.slice(5)}\r\n0\r\n\r\n`;
  expect(afterwards(egressPlay({ egress: blocked() }), chunked)).toBe("banned");
});

test("a verdict that comes late is of its own request, though the client has long asked for something else", () => {
  const play = egressPlay({ egress: blocked({ find: "you are blocked" }) });
  const client = play.connect();
  client.sends(asked("b.example"));
  play.accept().sends(html(Buffer.from(coded("gzip", "you are blocked")).toString("latin1"), "Content-Encoding: gzip"));
  client.sends(asked("a.example"));
  play.accept().sends(ok("hello"));
  expect(told(play, "192.0.2.11")).toEqual(["a.example 200"]);
  play.code();
  expect(told(play, "192.0.2.11")).toEqual(["b.example 200", "a.example 200"]);
  play.take();
  client.sends(asked("b.example"));
  play.expectAmong("report 503 egress_none");
});

test("only the first bytes of a body are looked through", () => {
  const far = html(`${"x".repeat(70_000)}${said}`);
  expect(afterwards(egressPlay({ egress: blocked() }), far)).toBe("available");
});

test("a client that leaves inside of a body that is looked at leaves its server, too", () => {
  const play = egressPlay({ egress: blocked() });
  const client = play.connect();
  client.sends(asked("b.example"));
  const server = play.accept();
  server.sends("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100\r\n\r\nhello");
  client.closes();
  play.expectAmong(server.is("reset"));
  play.expectNothingLeft();
});
