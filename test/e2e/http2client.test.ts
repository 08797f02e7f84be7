// The client that tests of HTTP/2 use, against servers of others: it is right where they agree with it.

import { expect, setDefaultTimeout } from "bun:test";
import { rivals } from "../conform/http2/rivals.ts";
import { Held, handlerOf } from "../conform/http2/stand.ts";
import { startHaproxy } from "./harness/haproxy.ts";
import { Http2Client } from "./harness/http2client.ts";
import { Origin } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { authorityIn } from "./harness/signed.ts";

setDefaultTimeout(60_000);

for (const { name, program, start } of rivals)
  testWith([program])(`${name}: requests, bodies beyond windows, interim responses and trailers`, async () => {
    await using room = new Room();
    const origin = new Origin(room, handlerOf(new Held()));
    const client = await Http2Client.connect(room, await start(room, origin.port));
    const body = Buffer.alloc(500_000, "some bytes, ");
    const [first, large, echo, none] = await Promise.all([
      client.request(),
      client.request({ path: "/large" }),
      client.request({ method: "POST", path: "/echo", fields: [["content-length", String(body.length)]], body }),
      client.request({ path: "/none" }),
    ]);
    expect([first.status, String(first.body), first.end]).toEqual([200, "ok", "whole"]);
    expect([large.body.length, echo.body.equals(body), none.status]).toEqual([200_000, true, 204]);
    expect(await client.pinged()).toBe(true);
    expect(client.fault).toBeNull();
  });

testWith(["haproxy", "openssl"])(
  "over TLS the protocol is chosen by ALPN, or the client says what was chosen",
  async () => {
    await using room = new Room();
    const origin = new Origin(room);
    const { cert, key } = authorityIn(room).issue(["DNS:localhost"]);
    const pem = room.write("site.pem", cert + key);
    const port = freePort();
    const sections = `frontend web
  mode http
  bind 127.0.0.1:${port} ssl crt ${pem} alpn h2,http/1.1
  default_backend app
backend app
  mode http
  server a ${origin.address}`;
    await startHaproxy(room, sections, port);
    const client = await Http2Client.connect(room, port, { tls: { alpn: ["h2"] } });
    const { status, body } = await client.request({ scheme: "https" });
    expect([status, String(body)]).toEqual([200, "ok"]);
    await expect(Http2Client.connect(room, port, { tls: { alpn: ["h3"] } })).rejects.toThrow();
  },
);
