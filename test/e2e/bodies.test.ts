// Half a gigabyte in each direction, with the other side reading or writing in bursts. Slow, on purpose: some 20 s in all.

import { expect, setDefaultTimeout, test } from "bun:test";
import { Drink, Pour } from "./harness/flood.ts";
import { freePort } from "./harness/port.ts";
import { peakBytes, residentBytes } from "./harness/processes.ts";
import { Room } from "./harness/room.ts";
import { Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(90_000);
const pieces = 8000;
const total = pieces * 65_536;
const growthMax = 64 << 20;
/** A pause of a second for each fifth of the body. */
const rest = { pauseEvery: 1600, pauseMs: 1000 };
const steady = { pauseEvery: 0, pauseMs: 0 };

async function download(isChunked: boolean): Promise<void> {
  await using room = new Room();
  const pour = new Pour(pieces, isChunked);
  const drink = new Drink(rest);
  const port = freePort();
  const framing = isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${total}`;
  const origin = Bun.listen({
    hostname: "127.0.0.1",
    port,
    socket: {
      data: (socket) => {
        socket.write(`HTTP/1.1 200 OK\r\n${framing}\r\n\r\n`);
        pour.pump(socket);
      },
      drain: (socket) => pour.pump(socket),
    },
  });
  room.ending(() => origin.stop(true));
  const sluice = await Sluice.start(room, { pools: { app: { servers: [`127.0.0.1:${port}`] } } });
  const worker = (await sluice.workers())[0]!;
  const before = residentBytes(worker);
  const client = await Bun.connect({
    hostname: "127.0.0.1",
    port: sluice.port,
    socket: { data: (socket, bytes) => drink.take(socket, bytes) },
  });
  room.ending(() => client.terminate());
  client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const whole = isChunked ? total + pieces * 9 + 5 : total;
  await until("the whole body at the client", () => drink.bytes >= whole, 60_000);
  expect(drink.bytes).toBe(whole);
  expect(drink.hash.digest("hex")).toBe(pour.hash.digest("hex"));
  expect(drink.head).toContain(framing);
  expect(peakBytes(worker) - before).toBeLessThan(growthMax);
}

async function upload(isChunked: boolean, isClientSlow: boolean): Promise<void> {
  await using room = new Room();
  const pour = new Pour(pieces, isChunked, isClientSlow ? rest : steady);
  const drink = new Drink(isClientSlow ? steady : rest);
  const port = freePort();
  const framing = isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${total}`;
  const whole = isChunked ? total + pieces * 9 + 5 : total;
  const origin = Bun.listen({
    hostname: "127.0.0.1",
    port,
    socket: {
      data: (socket, bytes) => {
        drink.take(socket, bytes);
        if (drink.bytes === whole) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      },
    },
  });
  room.ending(() => origin.stop(true));
  const sluice = await Sluice.start(room, { pools: { app: { servers: [`127.0.0.1:${port}`] } } });
  const worker = (await sluice.workers())[0]!;
  const before = residentBytes(worker);
  let answer = "";
  const client = await Bun.connect({
    hostname: "127.0.0.1",
    port: sluice.port,
    socket: {
      data: (_, bytes) => {
        answer += bytes.toString("latin1");
      },
      drain: (socket) => pour.pump(socket),
    },
  });
  room.ending(() => client.terminate());
  client.write(`POST / HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n`);
  pour.pump(client);
  await until("the answer to the upload", () => answer.endsWith("ok"), 60_000);
  expect(answer).toStartWith("HTTP/1.1 200 OK");
  expect(drink.bytes).toBe(whole);
  expect(drink.hash.digest("hex")).toBe(pour.hash.digest("hex"));
  expect(drink.head).toContain(framing);
  expect(peakBytes(worker) - before).toBeLessThan(growthMax);
}

test("fifty clients that do not read hold up their servers, and little memory", async () => {
  await using room = new Room();
  let poured = 0;
  const port = freePort();
  const origin = Bun.listen<Pour | undefined>({
    hostname: "127.0.0.1",
    port,
    socket: {
      data: (socket) => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
        socket.data = new Pour(pieces, false);
        socket.data.pump(socket);
      },
      drain: (socket) => {
        const before = socket.data!.bytes;
        socket.data!.pump(socket);
        poured += socket.data!.bytes - before;
      },
    },
  });
  room.ending(() => origin.stop(true));
  const sluice = await Sluice.start(room, { pools: { app: { servers: [`127.0.0.1:${port}`] } } });
  const worker = (await sluice.workers())[0]!;
  const before = residentBytes(worker);
  for (let count = 0; count < 50; count++) {
    const client = await Bun.connect({ hostname: "127.0.0.1", port: sluice.port, socket: { data() {} } });
    room.ending(() => client.terminate());
    client.pause();
    client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  await until("all to be under way", async () => (await sluice.metric("sluice_server_active_requests")) === 50);
  let seen = -1;
  await until("everything to stand still", async () => {
    const isStill = seen === poured;
    seen = poured;
    await Bun.sleep(200);
    return isStill;
  });
  expect(peakBytes(worker) - before).toBeLessThan(growthMax);
  expect((await fetch(`http://${sluice.admin}/readyz`)).status).toBe(200);
});

test("500 MB go down to a client that reads in bursts, in bounded memory", () => download(false));
test("500 MB in chunks go down to a client that reads in bursts, unchanged", () => download(true));
test("500 MB go up to a server that reads in bursts, in bounded memory", () => upload(false, false));
test("500 MB in chunks come from a client that writes in bursts, unchanged", () => upload(true, true));
