import { expect, test } from "bun:test";
import type { ListenerTlsPlan } from "../../src/config/plan.ts";
import { Playbook } from "../playbook.ts";
import { makeClient, makeClientTls } from "./client.ts";
import { get, ok } from "./words.ts";

// Connections that were let in before a plan asked their clients for a certificate, or for one of another authority.

const client = makeClient("192.0.2.1", { tls: makeClientTls() });

function tls(clientCertificate: ListenerTlsPlan["clientCertificate"]): { listener: { tls: ListenerTlsPlan } } {
  const rest = { rejectUnknown: false, minVersion: "1.2", maxVersion: "1.3", ciphers: "", alpn: [] } as const;
  return {
    listener: { tls: { ...rest, certificates: [], clientCertificate, sessionTickets: true, ja4: false } },
  };
}

const none = tls(null);
const optional = tls({ mode: "optional", ca: "one" });
const required = tls({ mode: "required", ca: "one" });
const other = tls({ mode: "required", ca: "other" });

test("a connection that is kept ends when a plan asks for another client certificate, or for one at all", () => {
  for (const [before, after] of [
    [none, optional],
    [none, required],
    [optional, required],
    [required, other],
  ] as const) {
    const play = new Playbook(before);
    const actor = play.connect(client);
    actor.sends(get("/"));
    play.accept().sends(ok("x"));
    play.take();
    play.reload(after);
    play.expect(actor.is("destroyed"));
  }
});

test("a connection stays when a plan asks for no more than before", () => {
  for (const [before, after] of [
    [required, required],
    [required, optional],
    [required, none],
    [none, none],
  ] as const) {
    const play = new Playbook(before);
    const actor = play.connect(client);
    actor.sends(get("/1"));
    const server = play.accept();
    server.sends(ok("1"));
    play.take();
    play.reload(after);
    actor.sends(get("/2"));
    play.expect(server.gets(get("/2")));
  }
});

test("an exchange under way gets its answer, and the connection ends behind it", () => {
  const play = new Playbook(none);
  const actor = play.connect(client);
  actor.sends(get("/"));
  const server = play.accept();
  play.take();
  play.reload(required);
  play.expect();
  server.sends(ok("x"));
  const said = play.take();
  expect(said[0]).toContain("Connection: close");
  expect(said.slice(1)).toContain(actor.is("ended"));
});
