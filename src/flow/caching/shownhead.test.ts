// Parts of what is stored, as conversations (RFC 9110 section 14).

import { expect, test } from "bun:test";
import type { Actor } from "../../../test/playbook/actor.ts";
import { cached, date } from "../../../test/playbook/caching.ts";
import { get, ok } from "../../../test/playbook/words.ts";
import { Playbook } from "../../../test/playbook.ts";

const fresh = "Cache-Control: max-age=60";
const quiet = cached({ isTold: false });

function filled(body: string, options = quiet, ...fields: string[]): { play: Playbook; client: Actor; server: Actor } {
  const play = new Playbook(options);
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  server.sends(ok(body, date, fresh, 'ETag: "1"', ...fields));
  play.take();
  return { play, client, server };
}

const part = (range: string, body: string): string =>
  `HTTP/1.1 206 Partial Content\r\n${date}\r\n${fresh}\r\nETag: "1"\r\nContent-Range: bytes ${range}/10\r\nContent-Length: ${body.length}\r\nAge: 0\r\n\r\n${body}`;

test("one range of what is stored", () => {
  const { play, client } = filled("0123456789");
  for (const [asked, range, body] of [
    ["bytes=0-3", "0-3", "0123"],
    ["bytes=8-", "8-9", "89"],
    ["bytes=-3", "7-9", "789"],
    ["bytes=5-100", "5-9", "56789"],
  ] as const) {
    client.sends(get("/", `Range: ${asked}`));
    play.expect(client.gets(part(range, body)), "report 206");
  }
});

test("several ranges are a multipart; what touches nothing is 416; what is no range is the whole", () => {
  const { play, client } = filled("0123456789", quiet, "Content-Type: text/plain");
  client.sends(get("/", "Range: bytes=0-1, 8-9"));
  const boundary = "sluice-800000008000000080000000";
  const parts = ["0-1", "8-9"].map(
    (range, index) =>
      `${index > 0 ? "\r\n" : ""}--${boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes ${range}/10\r\n\r\n${index === 0 ? "01" : "89"}`,
  );
  const body = `${parts.join("")}\r\n--${boundary}--\r\n`;
  play.expect(
    client.gets(
      `HTTP/1.1 206 Partial Content\r\n${date}\r\n${fresh}\r\nETag: "1"\r\nContent-Type: multipart/byteranges; boundary=${boundary}\r\nContent-Length: ${body.length}\r\nAge: 0\r\n\r\n${body}`,
    ),
    "report 206",
  );
  client.sends(get("/", "Range: bytes=10-"));
  play.expect(
    client.gets("HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */10\r\nContent-Length: 0\r\n\r\n"),
    "report 416",
  );
  const whole = ok("0123456789", date, fresh, 'ETag: "1"', "Content-Type: text/plain", "Age: 0");
  for (const field of ["Range: lines=1-2", "Range: bytes=3-1", 'Range: bytes=0-1\r\nIf-Range: "2"']) {
    client.sends(get("/", field));
    play.expect(client.gets(whole), "report 200");
  }
  client.sends(get("/", 'Range: bytes=0-1\r\nIf-Range: "1"', 'If-None-Match: "1"'));
  expect(play.take()[0]).toStartWith("client 1 gets HTTP/1.1 304");
});

test("a range of what is not stored goes on as it is, and nothing of it is stored", () => {
  const play = new Playbook(cached());
  const client = play.connect();
  const asked = get("/", "Range: bytes=0-1");
  client.sends(asked);
  const server = play.accept();
  play.expect("dial one:80", server.gets(asked));
  const answer =
    "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/10\r\nContent-Length: 2\r\nCache-Control: max-age=60\r\n";
  server.sends(`${answer}\r\n01`);
  play.expect(client.gets(`${answer}Cache-Status: Sluice; fwd=uri-miss; detail=range\r\n\r\n01`), "report 206");
  client.sends(asked);
  play.expect(server.gets(asked));
});
