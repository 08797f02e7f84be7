import { expect, setDefaultTimeout, test } from "bun:test";
import { networkInterfaces } from "node:os";
import { Client, get } from "./harness/client.ts";
import { Origin, ok, write } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { Room } from "./harness/room.ts";
import { Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

test("repeated Set-Cookie, odd values and bytes beyond ASCII are passed on as they came", async () => {
  await using room = new Room();
  const odd = "X-Odd:  tab\there,  two  spaces";
  const utf8 = Buffer.from("X-Name: grüße 漢字").toString("latin1");
  const origin = new Origin(room, () =>
    Buffer.from(
      `HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\n${utf8}\r\nSet-Cookie: b=2\r\n${odd}\r\nContent-Length: 0\r\n\r\n`,
      "latin1",
    ),
  );
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address] } } });
  const client = await Client.connect(room, sluice.port);
  client.send(get("/%7e?a=%zz&b=%2F", utf8, odd, "Cookie: a=1"));
  const answer = await client.saw("\r\n\r\n");
  expect(answer).toContain("Set-Cookie: a=1; Path=/\r\n");
  expect(answer).toContain("Set-Cookie: b=2\r\n");
  expect(answer).toContain(`${odd}\r\n`);
  expect(answer).toContain(`${utf8}\r\n`);
  const { head } = await origin.request(1);
  expect(head).toStartWith("GET /%7e?a=%zz&b=%2F HTTP/1.1\r\nHost: test\r\n");
  expect(head).toContain(`${utf8}\r\n${odd}\r\n`);
});

test("hop-by-hop fields stay behind, with those that Connection names", async () => {
  await using room = new Room();
  const origin = new Origin(room, () =>
    ok("ok", "Connection: X-Back, keep-alive", "X-Back: 1", "Keep-Alive: timeout=5"),
  );
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address] } } });
  const client = await Client.connect(room, sluice.port);
  client.send(get("/", "Connection: X-Forth, close", "X-Forth: 1", "Proxy-Connection: close", "X-Kept: 1"));
  const answer = await client.over();
  expect(answer).not.toMatch(/x-back|keep-alive: /i);
  const { fields } = await origin.request(1);
  for (const name of ["x-forth", "connection", "proxy-connection"]) expect(fields.has(name)).toBe(false);
  expect(fields.get("x-kept")).toEqual(["1"]);
});

test("servers are told of the client, and what a stranger says about itself is not believed", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address] } } });
  const claims = {
    "x-forwarded-for": "9.9.9.9",
    "x-forwarded-proto": "https",
    "x-request-id": "mine",
    forwarded: "for=9.9.9.9",
  };
  await fetch(sluice.url, { headers: claims });
  const { fields } = await origin.request(1);
  expect(fields.get("x-forwarded-for")).toEqual(["127.0.0.1"]);
  expect(fields.get("x-forwarded-proto")).toEqual(["http"]);
  expect(fields.get("x-forwarded-host")).toEqual([`127.0.0.1:${sluice.port}`]);
  expect(fields.get("host")).toEqual([`127.0.0.1:${sluice.port}`]);
  expect(fields.get("via")).toEqual(["1.1 sluice"]);
  expect(fields.has("forwarded")).toBe(false);
  expect(fields.get("x-request-id")).toHaveLength(1);
  expect(fields.get("x-request-id")![0]).not.toBe("mine");
});

test("a listener on every address tells servers each client's own, IPv4 plainly", async () => {
  await using room = new Room();
  const origin = new Origin(room, ({ fields }) => ok(fields.get("x-forwarded-for")!.join()));
  const port = freePort();
  const words = ["--to", `localhost:${origin.port}`, "--workers", "1", "--listen", `:${port}`];
  await Sluice.run(room, words);
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("127.0.0.1");
  const hasIpv6 = networkInterfaces()["lo"]?.some(({ family }) => family === "IPv6") === true;
  if (hasIpv6) expect(await (await fetch(`http://[::1]:${port}/`)).text()).toBe("::1");
});

test("a trusted proxy is believed and continued", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const log = room.path("access.log");
  const config = { pools: { app: { servers: [origin.address] } }, accessLog: { path: log, flush: "10ms" } };
  const trusting = await Sluice.start(room, config);
  await trusting.reload({
    ...config,
    listeners: {
      web: {
        listen: `127.0.0.1:${trusting.port}`,
        use: "app",
        trustedProxies: ["127.0.0.0/8"],
        forwarding: { forwarded: true },
      },
    },
  });
  const claims = {
    "x-forwarded-for": "9.9.9.9",
    "x-forwarded-proto": "https",
    "x-request-id": "mine",
    forwarded: "for=9.9.9.9",
  };
  await fetch(trusting.url, { headers: claims });
  const { fields } = await origin.request(1);
  expect(fields.get("x-forwarded-for")).toEqual(["9.9.9.9, 127.0.0.1"]);
  expect(fields.get("x-forwarded-proto")).toEqual(["https"]);
  expect(fields.get("x-request-id")).toEqual(["mine"]);
  expect(fields.get("forwarded")![0]).toStartWith("for=9.9.9.9, for=127.0.0.1;proto=http");
  const line = await until("a line in the log", async () => (await Bun.file(log).text()) || null);
  expect(JSON.parse(line.split("\n")[0]!)).toMatchObject({ client: "9.9.9.9", request_id: "mine" });
});

test("the first event of a stream is passed on at once", async () => {
  await using room = new Room();
  const origin = new Origin(room, ({ socket }) => {
    write(
      socket,
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n",
    );
    return null;
  });
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address] } } });
  const client = await Client.connect(room, sluice.port);
  client.send(get("/events"));
  const { socket } = await origin.request(1);
  await client.saw("data: 1\n\n");
  // Only now, so that the first cannot have come along with it.
  write(socket, "9\r\ndata: 2\n\n\r\n");
  await client.saw("data: 2\n\n");
  write(socket, "0\r\n\r\n");
  expect(await client.saw("0\r\n\r\n")).toContain("Transfer-Encoding: chunked\r\n");
});

test("an answer without any length reaches a client of HTTP/1.1 in chunks, so that its end is seen", async () => {
  await using room = new Room();
  const origin = new Origin(room, ({ socket }) => {
    write(socket, "HTTP/1.0 200 OK\r\n\r\nto the end");
    socket.shutdown();
    return null;
  });
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address] } } });
  const client = await Client.connect(room, sluice.port);
  const answer = await client.send(get("/")).saw("0\r\n\r\n");
  expect(answer).toMatch(
    /^HTTP\/1\.1 200 OK\r\n[\s\S]*Transfer-Encoding: chunked\r\n[\s\S]*\r\n\r\na\r\nto the end\r\n0\r\n\r\n$/,
  );
  expect(client.isEnded).toBe(false);
});

test("trailers go both ways", async () => {
  await using room = new Room();
  const trailed = "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 42\r\n\r\n";
  const origin = new Origin(room, () => `HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\n${trailed}`);
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address] } } });
  const client = await Client.connect(room, sluice.port);
  client.send(`POST / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n${trailed}`);
  expect(await client.saw("X-Sum: 42\r\n\r\n")).toContain("Trailer: X-Sum\r\n");
  const { head, body } = await origin.request(1);
  expect(head).toContain("\r\nTE: trailers\r\n");
  expect(body.toString()).toBe("2\r\nok\r\n0\r\nX-Sum: 42\r\n\r\n");
});

test("a 103 and a 100 are passed on before the answer", async () => {
  await using room = new Room();
  const early = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n";
  const origin = new Origin(room, ({ socket }) => {
    write(socket, early);
    return null;
  });
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address] } } });
  const client = await Client.connect(room, sluice.port);
  client.send(get("/"));
  await client.saw("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n");
  const { socket } = await origin.request(1);
  write(socket, ok("done"));
  const answer = await client.saw("done");
  expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 103", "HTTP/1.1 200"]);
});

test("pipelined requests are answered in their order", async () => {
  await using room = new Room();
  const origin = new Origin(room, ({ target }) => ok(`<${target}>`));
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address] } } });
  const client = await Client.connect(room, sluice.port);
  client.send(Array.from({ length: 100 }, (_, index) => get(`/${index}`)).join(""));
  const text = await client.saw("</99>");
  expect([...text.matchAll(/<\/(\d+)>/g)].map((match) => Number(match[1]))).toEqual(
    Array.from({ length: 100 }, (_, index) => index),
  );
});

test("a client that ends its half after the request still gets the whole answer", async () => {
  await using room = new Room();
  const body = Buffer.alloc(3 << 20, "half-close ");
  const origin = new Origin(room, () => null);
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address] } } });
  const client = await Client.connect(room, sluice.port);
  client.send(get("/")).socket.shutdown();
  const { socket } = await origin.request(1);
  write(socket, ok(body));
  await client.over();
  expect(client.bytes.subarray(-body.length).equals(body)).toBe(true);
});

test("a server that ends its half after the answer loses no byte of it, and its connection is not used again", async () => {
  await using room = new Room();
  const body = Buffer.alloc(3 << 20, "server half-close ");
  const origin = new Origin(room, ({ socket }) => {
    write(socket, ok(body));
    const finish = (): unknown => (socket.data.unsent.length === 0 ? socket.shutdown() : setTimeout(finish, 5));
    finish();
    return null;
  });
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address] } } });
  for (let count = 1; count <= 3; count++) {
    const answer = Buffer.from(await (await fetch(sluice.url)).arrayBuffer());
    expect(answer.equals(body)).toBe(true);
    expect(origin.connections).toBe(count);
  }
  await sluice.counted(0, "sluice_server_failures_total");
});
