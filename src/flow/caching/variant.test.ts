// Variants, as conversations by the sections of RFC 9111.

import { expect, test } from "bun:test";
import { cached, date, filled, fresh } from "../../../test/playbook/caching.ts";
import { get, ok } from "../../../test/playbook/words.ts";
import { Playbook } from "../../../test/playbook.ts";

test("4.1: variants are chosen by the fields that Vary names", () => {
  const play = new Playbook(cached());
  const vary = "Vary: Accept-Language";
  const { client, server } = filled(play, get("/", "Accept-Language: de"), ok("Hallo", date, fresh, vary));
  client.sends(get("/", "Accept-Language: en"));
  play.expect(server.gets(get("/", "Accept-Language: en")));
  server.sends(ok("Hello", date, fresh, vary));
  play.expect(
    client.gets(ok("Hello", date, fresh, vary, "Cache-Status: Sluice; fwd=vary-miss; stored; ttl=60")),
    "report 200",
  );
  for (const [language, body] of [
    ["de", "Hallo"],
    ["en", "Hello"],
    ["DE", "Hallo"],
  ] as const) {
    client.sends(get("/", `Accept-Language: ${language}`));
    const status = "Cache-Status: Sluice; hit; ttl=60";
    play.expect(client.gets(ok(body, date, fresh, vary, "Age: 0", status)), "report 200");
  }
});

test("4.1: a response without Vary beside others that have it stays with the requests that it was for", () => {
  const play = new Playbook(cached({ isTold: false }));
  const { client, server } = filled(play, get("/", "X: 1"), ok("one", date, fresh, "Vary: X"));
  client.sends(get("/", "X: 2"));
  play.expect(server.gets(get("/", "X: 2")));
  server.sends(ok("two", date, fresh));
  play.take();
  client.sends(get("/", "X: 1"));
  play.expect(client.gets(ok("one", date, fresh, "Vary: X", "Age: 0")), "report 200");
  client.sends(get("/", "X: 2"));
  play.expect(client.gets(ok("two", date, fresh, "Age: 0")), "report 200");
});

test("what is compressed here is stored for those who take it, by what they have said themselves", () => {
  const compress = { codings: ["gzip"], types: ["text/*"], bytesMin: 0, level: 5 } as const;
  const find = { find: "a", isPattern: false, by: "b", types: ["text/*"], matchBytesMax: 1 } as const;
  const body = { isSaid: true, compress, replace: [find] };
  const play = new Playbook(cached({ isTold: false }, { pool: { body } }));
  const client = play.connect();
  const asked = (coding: string): string => get("/", `Accept-Encoding: ${coding}`);
  client.sends(asked("x-odd, gzip"));
  const server = play.accept();
  server.sends(ok("aaaa", date, fresh, "Content-Type: text/plain"));
  play.code();
  const first = play.take().join("");
  expect(first).toContain("Content-Encoding: gzip");
  client.sends(asked("identity"));
  server.sends(ok("aaaa", date, fresh, "Content-Type: text/plain"));
  play.code();
  const second = play.take().join("");
  expect(second).not.toContain("Content-Encoding");
  for (const [coding, isGzip] of [
    ["x-odd, gzip", true],
    ["identity", false],
  ] as const) {
    client.sends(asked(coding));
    const shown = play.take().join("");
    expect(shown).toContain("Age: 0");
    expect(shown).toContain(isGzip ? "<gzip>BBBB</gzip>" : "bbbb");
    expect(shown.includes("Content-Encoding: gzip")).toBe(isGzip);
  }
});
