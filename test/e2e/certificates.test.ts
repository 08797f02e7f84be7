// Certificates that are swapped on disk under connections that stay open, and what the command line says of it.

import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect, type TLSSocket } from "node:tls";
import { Authority, type Issued } from "../authority.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { Room } from "./harness/room.ts";
import { Sluice } from "./harness/sluice.ts";
import { until, within } from "./harness/wait.ts";

setDefaultTimeout(40_000);

async function stage(room: Room, issued: Issued) {
  const origin = new Origin(room, () => ok("hello"));
  const port = freePort();
  const put = ({ cert, key }: Issued): void => {
    writeFileSync(room.path("certs/site.crt"), cert);
    writeFileSync(room.path("certs/site.key"), key);
  };
  mkdirSync(room.path("certs"));
  put(issued);
  const sluice = await Sluice.start(room, {
    workers: 2,
    listeners: { web: { listen: `127.0.0.1:${port}`, use: "app", tls: { certificates: "certs" } } },
    pools: { app: { servers: [origin.address] } },
  });
  return { sluice, port, put };
}

/** A client that keeps its connection, and what certificate it was shown. */
class TlsClient {
  readonly socket: TLSSocket;
  text = "";
  isClosed = false;

  constructor(room: Room, port: number, ca: string) {
    this.socket = connect({ host: "127.0.0.1", port, servername: "a.test", ca });
    this.socket.on("data", (bytes) => {
      this.text += bytes.toString("latin1");
    });
    this.socket.on("close", () => {
      this.isClosed = true;
    });
    this.socket.on("error", () => {});
    room.ending(() => this.socket.destroy());
  }

  async ask(): Promise<string> {
    this.text = "";
    this.socket.write("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    await until("an answer", () => {
      if (this.isClosed) throw new Error("the connection was closed");
      return this.text.endsWith("hello");
    });
    return this.text.slice(0, 15);
  }

  get serial(): string {
    return this.socket.getPeerCertificate().serialNumber;
  }
}

async function serialOf(room: Room, port: number, ca: string): Promise<string> {
  const client = new TlsClient(room, port, ca);
  const done = new Promise((resolve) => client.socket.once("secureConnect", resolve).once("close", resolve));
  await within("a handshake", done);
  const { serial } = client;
  client.socket.destroy();
  return serial;
}

test("new connections get the new certificate while an old one goes on", async () => {
  await using room = new Room();
  using authority = new Authority();
  const [first, second] = [authority.issue(["DNS:a.test"], 40), authority.issue(["DNS:a.test"], 90)];
  const { sluice, port, put } = await stage(room, first);
  const old = new TlsClient(room, port, authority.cert);
  expect(await old.ask()).toBe("HTTP/1.1 200 OK");
  const before = old.serial;
  expect((await sluice.cli("cert")).out).toMatch(/a\.test +web\* +39 +ok/);
  put(second);
  // Both workers: connections are dealt out between them.
  await until("the new certificate", async () => (await serialOf(room, port, authority.cert)) !== before);
  for (let count = 0; count < 8; count++) expect(await serialOf(room, port, authority.cert)).not.toBe(before);
  expect(await old.ask()).toBe("HTTP/1.1 200 OK");
  expect(old.serial).toBe(before);
  expect(sluice.stderr).toContain("certificate reloaded");
  expect((await sluice.cli("cert")).out).toMatch(/a\.test +web\* +89 +ok/);
  const left = (await sluice.metric("sluice_certificate_not_after_timestamp_seconds")) - Date.now() / 1000;
  expect(left / 86_400).toBeWithin(89, 90.1);
});

test("a key that does not match is told, and the old certificate goes on being shown", async () => {
  await using room = new Room();
  using authority = new Authority();
  const [first, second] = [authority.issue(["DNS:a.test"]), authority.issue(["DNS:a.test"])];
  const { sluice, port } = await stage(room, first);
  const before = await serialOf(room, port, authority.cert);
  writeFileSync(room.path("certs/site.key"), second.key);
  await sluice.counted(1, "sluice_certificate_problems");
  expect((await sluice.cli("cert")).out).toContain(
    "certs/site.crt, which does not match its key: certs/site.crt holds the certificate of a.test",
  );
  expect(await serialOf(room, port, authority.cert)).toBe(before);
  // Neither a reload nor a worker that is replaced takes it away.
  const answer = await sluice.cli("reload");
  expect([answer.code, answer.err]).toEqual([0, expect.stringContaining("what was read before stays in use")]);
  for (const pid of await sluice.workers()) process.kill(pid, "SIGKILL");
  await until("new workers", async () =>
    (await sluice.status()).workers.every(({ restarts, state }) => restarts === 1 && state === "up"),
  );
  expect(await serialOf(room, port, authority.cert)).toBe(before);
});
