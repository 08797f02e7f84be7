// One worker passes half a gigabyte or more in each way that bodies pass, as fast as it can: what it takes of the machine's memory for
// that does not grow with their size. The kernel's own count of the most that there ever was is looked at, over all of them.

import { expect, setDefaultTimeout } from "bun:test";
import { truncateSync, writeFileSync } from "node:fs";
import { Nginx } from "./harness/nginx.ts";
import { freePort } from "./harness/port.ts";
import { peakBytes, residentBytes } from "./harness/processes.ts";
import { find, ran, testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { authorityIn, put } from "./harness/signed.ts";
import { Sluice } from "./harness/sluice.ts";

setDefaultTimeout(180_000);
const test = testWith(["nginx", "curl", "openssl"]);

const size = 2 ** 29;
const growthMax = 64 << 20;

/** A server that takes one body on each connection, and says so when it is there. */
function takeBodies(room: Room): string {
  const port = freePort();
  const listener = Bun.listen<{ left: number }>({
    hostname: "127.0.0.1",
    port,
    socket: {
      open(socket) {
        socket.data = { left: -1 };
      },
      data(socket, bytes) {
        const head = socket.data.left === -1 ? bytes.indexOf("\r\n\r\n") + 4 : 0;
        if (head > 0) socket.data.left = size;
        socket.data.left -= bytes.length - head;
        if (socket.data.left === 0) socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      },
    },
  });
  room.ending(() => listener.stop(true));
  return `127.0.0.1:${port}`;
}

test("gigabytes go through in bounded memory: down and up, over TLS on both sides, and carried as they are", async () => {
  await using room = new Room();
  const authority = authorityIn(room);
  put(room, "server", authority.issue(["IP:127.0.0.1"]));
  const [plain, secure, carried, sealed] = [freePort(), freePort(), freePort(), freePort()];
  const pair = `ssl_certificate ${room.path("server.crt")}; ssl_certificate_key ${room.path("server.key")};`;
  const nginx = await Nginx.start(
    room,
    {},
    "",
    `server { listen 127.0.0.1:${secure} ssl; ${pair} root ${room.path("www")}; }`,
  );
  const file = room.path("www/large");
  writeFileSync(file, "");
  truncateSync(file, size);
  const certificates = [{ certificate: "server.crt", key: "server.key" }];
  const upload = freePort();
  const sluice = await Sluice.start(room, {
    workers: 1,
    listeners: {
      plain: { listen: `127.0.0.1:${plain}`, use: "plain" },
      sealed: { listen: `127.0.0.1:${sealed}`, use: "secure", tls: { certificates } },
      carried: { listen: `127.0.0.1:${carried}`, use: "plain", mode: "tcp" },
      upload: { listen: `127.0.0.1:${upload}`, use: "upload" },
    },
    pools: {
      plain: { servers: [nginx.address] },
      secure: { servers: [`127.0.0.1:${secure}`], tls: { ca: "ca.pem" } },
      upload: { servers: [takeBodies(room)] },
    },
  });
  const worker = (await sluice.workers())[0]!;
  const before = residentBytes(worker);
  const pass = async (...words: readonly string[]): Promise<string> => {
    const fixed = ["-sS", "--http1.1", "-o", "/dev/null", "-w", "%{http_code} %{size_download} %{size_upload}"];
    const { out, err } = await ran([find("curl")!, ...fixed, ...words], { timeoutMs: 60_000 });
    return out + err;
  };
  const down = `200 ${size} 0`;
  for (let time = 0; time < 2; time++) {
    expect(await pass(`http://127.0.0.1:${plain}/large`)).toBe(down);
    expect(await pass(`http://127.0.0.1:${carried}/large`)).toBe(down);
    expect(await pass("-T", file, `http://127.0.0.1:${upload}/`)).toBe(`200 0 ${size}`);
  }
  expect(await pass("--cacert", room.path("ca.pem"), `https://127.0.0.1:${sealed}/large`)).toBe(down);
  expect(peakBytes(worker) - before).toBeLessThan(growthMax);
});
