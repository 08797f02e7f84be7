import { expect, test } from "bun:test";
import type { RulePlan } from "../../src/config/plan.ts";
import { Playbook } from "../playbook.ts";
import type { PlanOptions } from "./plan.ts";
import { rule, rules } from "./rules.ts";
import { get, put, reply } from "./words.ts";

/** A client that has asked, and the server that has its request. */
function asked(request: string, options: PlanOptions = {}) {
  const play = new Playbook(options);
  const client = play.connect();
  client.sends(request);
  const server = play.accept();
  play.take();
  return { play, client, server };
}

test("a malformed request is answered, and what the client still sends is read for a while", () => {
  const play = new Playbook({ downstream: { lingerMs: 1_000 } });
  const client = play.connect();
  client.sends("GET / HTTP/1.1\r\nHost : a\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n");
  const body = reply(400, "Bad Request", "a header field is malformed", "Connection: close");
  play.expect(client.gets(body), "report 400 bad_field", client.is("ended"));
  client.sends(get("/more"));
  play.expect();
  play.pass(1_100);
  play.expect(client.is("destroyed"));
  play.expectNothingLeft();
});

test("a bad chunk inside an upload resets the server and answers the client", () => {
  const { play, client, server } = asked("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  client.sends("3\r\nab");
  play.expect(server.gets("3\r\nab"));
  client.sends("cX");
  const body = reply(400, "Bad Request", "the chunked framing of the request body is malformed", "Connection: close");
  play.expect(server.is("reset"), client.gets(body), "report 400 bad_chunk", client.is("ended"));
});

test("a body over its limit is refused at the head, or when it grows too large", () => {
  const options: PlanOptions = { limits: { bodyBytesMax: 3 } };
  const play = new Playbook(options);
  const client = play.connect();
  client.sends(put("PUT", "four"));
  const body = reply(413, "Content Too Large", "the request body exceeds its limit", "Connection: close");
  play.expect(client.gets(body), "report 413 body_too_large", client.is("ended"));
  const {
    play: other,
    client: slow,
    server,
  } = asked("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", options);
  slow.sends("4\r\nfour\r\n");
  other.expect(server.is("reset"), slow.gets(body), "report 413 body_too_large", slow.is("ended"));
});

test("a body over what rules say of its request is refused at the head, or when it grows too large; the least that is said holds", () => {
  const most = (bytes: number): RulePlan => rule("path == '/small'", null, { does: [{ kind: "maxBody", bytes }] });
  const options: PlanOptions = { listener: { rules: rules({ request: [most(9), most(3), most(5)] }) } };
  const body = reply(413, "Content Too Large", "the request body exceeds its limit", "Connection: close");
  const play = new Playbook(options);
  const client = play.connect();
  client.sends(put("PUT", "four").replace("PUT / ", "PUT /small "));
  play.expect(client.gets(body), "report 413 body_too_large", client.is("ended"));
  const chunked = "HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  const { play: other, client: slow, server } = asked(`PUT /small ${chunked}`, options);
  slow.sends("3\r\nabc\r\n");
  other.expect(server.gets("3\r\nabc\r\n"));
  slow.sends("1\r\nd\r\n");
  other.expect(server.is("reset"), slow.gets(body), "report 413 body_too_large", slow.is("ended"));
  const { play: third, client: free, server: taker } = asked(`PUT /any ${chunked}`, options);
  free.sends("4\r\nfour\r\n");
  third.expect(taker.gets("4\r\nfour\r\n"));
});

test("a body that came with its head is looked at by the rules, and one that is as long as it may be goes on", () => {
  const most = (bytes: number): RulePlan => rule(null, null, { does: [{ kind: "maxBody", bytes }] });
  for (const [bytes, isTaken] of [
    [4, true],
    [3, false],
  ] as const) {
    const play = new Playbook({ listener: { rules: rules({ request: [most(bytes)] }) } });
    const client = play.connect();
    client.sends("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n0\r\n\r\n");
    expect(play.take().join()).toContain(isTaken ? "dial one:80" : "report 413 body_too_large");
  }
});

test("CONNECT and TRACE are not served", () => {
  for (const request of ["CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"]) {
    const play = new Playbook();
    const client = play.connect();
    client.sends(request);
    expect(play.take().join()).toContain("report 405 method_refused");
    expect(client.flow).not.toBeNull();
  }
});

test("the answer to a HEAD that fails has no body, and the next one does", () => {
  const play = new Playbook();
  play.setServer(0, false);
  const client = play.connect();
  client.sends("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect(play.take()[0]).toEndWith("\\r\\n\\r\\n");
  client.sends(get("/"));
  expect(play.take()[0]).toEndWith("available\\n");
});

test("a request that never came is not taken for the one before it", () => {
  const play = new Playbook({ downstream: { headMs: 1_000 } });
  play.setServer(0, false);
  const client = play.connect();
  client.sends("HEAD / HTTP/1.0\r\nHost: a\r\n\r\n");
  play.take();
  const slow = play.connect();
  slow.sends("GET / HTT");
  play.pass(1_100);
  expect(play.take()[0]).toEndWith("in time\\n");
});
