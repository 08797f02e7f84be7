import { expect, test } from "bun:test";
import { DocumentServer } from "../../../test/e2e/harness/document.ts";
import { Listening } from "../../../test/e2e/harness/listening.ts";
import { Room } from "../../../test/e2e/harness/room.ts";
import { until } from "../../../test/e2e/harness/wait.ts";

test("it asks with the path, query, credentials and fields that it is told to", async () => {
  await using room = new Room();
  const server = await DocumentServer.start(room);
  server.body = "10.0.0.1:80";
  const url = `http://us%40er:pass@${server.address}/a/b?c=d#e`;
  const listening = new Listening(room, { http: { url, headers: { "X-Token": "t" } } }).start();
  await listening.tells("10.0.0.1:80");
  expect(server.asked[0]).toMatchObject({
    target: "/a/b?c=d",
    headers: { host: server.address, "x-token": "t", authorization: `Basic ${btoa("us@er:pass")}` },
  });
  expect(listening.source.name).toBe(`http http://${server.address}/a/b`);
});

test("what has not changed is not sent again, where the server knows validators", async () => {
  await using room = new Room();
  const server = await DocumentServer.start(room);
  Object.assign(server, { body: "10.0.0.1:80", etag: '"1"' });
  const listening = new Listening(room, { http: `http://${server.address}/`, interval: "10ms" }).start();
  await until("some answers", () => listening.told.length > 3);
  expect(server.asked.slice(1).every(({ headers }) => headers["if-none-match"] === '"1"')).toBe(true);
  expect(listening.servers).toBe("10.0.0.1:80");
  Object.assign(server, { body: "10.0.0.2:80", etag: '"2"' });
  await listening.tells("10.0.0.2:80");
});

test("redirects are not followed, and statuses are told", async () => {
  await using room = new Room();
  const server = await DocumentServer.start(room);
  server.status = 302;
  const listening = new Listening(room, { http: `http://${server.address}/` }).start();
  for (const [status, problem] of [
    [302, "answers 302"],
    [401, "answers 401 (credentials are missing or wrong)"],
    [204, "answers 204"],
  ] as const) {
    server.status = status;
    await until(problem, () => listening.problem === problem);
  }
  server.mood = "reset";
  await until("a reset", () => listening.problem === "does not answer: connection reset");
});

test("TLS is verified by the authorities that are named", async () => {
  await using room = new Room();
  const { certificate, key } = await signed(room);
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    tls: { cert: Bun.file(certificate), key: Bun.file(key) },
    fetch: () => new Response("10.0.0.1:80"),
  });
  room.ending(() => server.stop(true));
  const url = `https://localhost:${server.port}/`;
  await new Listening(room, { http: { url, tls: { ca: certificate } } }).start().tells("10.0.0.1:80");
  await new Listening(room, { http: { url, tls: { verify: false } } }).start().tells("10.0.0.1:80");
  const wary = new Listening(room, { http: url }).start();
  await until("a problem", () => /certificate/.test(wary.problem));
  const lost = new Listening(room, { http: { url, tls: { ca: room.path("none.pem") } } }).start();
  await until("another", () => lost.problem === "cannot be asked: the file of its authorities cannot be read");
});

async function signed(room: Room): Promise<{ certificate: string; key: string }> {
  const [certificate, key] = [room.path("cert.pem"), room.path("key.pem")];
  const words = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const more = [
    "-subj",
    "/CN=localhost",
    "-addext",
    "subjectAltName=DNS:localhost",
    "-keyout",
    key,
    "-out",
    certificate,
  ];
  const child = Bun.spawn(["openssl", "req", ...words, ...more], { stdout: "ignore", stderr: "ignore" });
  expect(await child.exited).toBe(0);
  return { certificate, key };
}
