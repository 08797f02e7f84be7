// The examples are run as they stand, with only their addresses put in the place of this test's, beside the certificates that
// they name. Those for other machines (full.*) are no more than checked.

import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { stateFolderOf } from "../../src/control/state.ts";
import { Examples, exampleNames, examplesFolder } from "../examples.ts";
import { Client, get } from "./harness/client.ts";
import { DatagramClient, DatagramServer, freeDatagramPort } from "./harness/datagrams.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { ran } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { command, sources } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);
const names = exampleNames();

const programFor = (name: string): readonly string[] => (name.endsWith(".ts") ? sources : command);

for (const name of names.filter((each) => each.startsWith("full."))) {
  test(`examples/${name} is a good config`, async () => {
    await using room = new Room();
    using _ = new Examples(room.folder);
    const answer = await ran([...programFor(name), "check", room.path(name)]);
    // Whoever has port 80 or 443 of this machine is no fault of the example's.
    const told = answer.err
      .split("\n")
      .filter((line) => /: (warning|error): /.test(line) && !/ is in use now by /.test(line));
    expect([answer.code, told]).toEqual([0, []]);
  });
}

/** What an example stands among. */
interface Scene {
  readonly room: Room;
  readonly examples: Examples;
  /** In the place of :8080 and :8443. */
  readonly port: number;
  readonly tlsPort: number;
}

/** Where an example is not visited by a request over plain HTTP, and its servers are not plain ones. */
interface Visit {
  /** Addresses in the place of 127.0.0.1:8081 and so on; plain HTTP servers when absent. */
  servers?(scene: Scene): Promise<string[]>;
  see(scene: Scene): Promise<void>;
}

function plainServer(room: Room): string {
  return new Origin(room, () => ok("served")).address;
}

function tlsServer({ room, examples }: Scene): string {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: freePort(),
    tls: examples.shop,
    fetch: () => new Response("served over TLS"),
  });
  room.ending(() => server.stop(true));
  return `127.0.0.1:${server.port}`;
}

async function askedTls({ examples, tlsPort }: Scene, serverName: string): Promise<Response> {
  return fetch(`https://127.0.0.1:${tlsPort}/`, { tls: { ca: examples.authority.cert, serverName }, keepalive: false });
}

const visits: Record<string, Visit> = {
  "tls.yaml": {
    async see(scene) {
      const answer = await askedTls(scene, "shop.example");
      expect([await answer.text(), answer.headers.get("strict-transport-security")]).toEqual([
        "served",
        "max-age=31536000",
      ]);
      const client = await Client.connect(scene.room, scene.port);
      const head = await client.send(get("/a?b")).saw("\r\n\r\n");
      expect(head).toStartWith("HTTP/1.1 308 ");
      expect(head).toMatch(new RegExp(`\r\nlocation: https://[^/:]+:${scene.tlsPort}/a\\?b\r\n`, "i"));
    },
  },
  "acme.yaml": {
    async see({ port, tlsPort }) {
      // There is no authority at the address that it names.
      const tls = { rejectUnauthorized: false, serverName: "shop.example" };
      expect(await (await fetch(`https://127.0.0.1:${tlsPort}/`, { tls, keepalive: false })).text()).toBe("served");
      expect((await fetch(`http://127.0.0.1:${port}/`, { redirect: "manual" })).status).toBe(308);
    },
  },
  "sni.yaml": {
    servers: async (scene) => [tlsServer(scene), plainServer(scene.room)],
    async see(scene) {
      for (const name of ["shop.example", "www.shop.example"])
        expect(await (await askedTls(scene, name)).text()).toBe("served over TLS");
      await expect(askedTls(scene, "localhost")).rejects.toThrow();
    },
  },
  "tls-servers.yaml": {
    servers: async (scene) => [plainServer(scene.room), tlsServer(scene)],
    async see({ room, port }) {
      const client = await Client.connect(room, port);
      await client.send(get("/")).saw("served");
      await client.send(get("/")).saw("served over TLS");
    },
  },
  "udp.toml": {
    async servers({ room }) {
      const servers = await Promise.all(["a", "b"].map((name) => DatagramServer.start(name)));
      for (const server of servers) {
        server.answer = (text) => [`${text.slice(0, 2)} from ${server.name}`];
        room.ending(() => server.stop());
      }
      return servers.map((server) => `127.0.0.1:${server.port}`);
    },
    async see({ room, port }) {
      const client = await DatagramClient.start(port);
      room.ending(() => client.stop());
      const answers = [await client.ask("Q1 question"), await client.ask("Q2 question")];
      expect(answers.map((answer) => answer.slice(0, 8))).toEqual(["Q1 from ", "Q2 from "]);
    },
  },
  "abuse.yaml": {
    async see({ room, port }) {
      const client = await Client.connect(room, port);
      for (const asked of [1, 2, 3, 4]) {
        await client.send("GET / HTTP/1.1\r\nHost: test1.com\r\n\r\n");
        await until(`answer ${asked}`, () => client.text.split("HTTP/1.1 ").length > asked || null);
      }
      const statuses = [...client.text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1]);
      expect(statuses).toEqual(["200", "200", "200", "429"]);
    },
  },
  "discovery.yaml": {
    async servers({ room }) {
      room.write("discovery/servers.txt", `${plainServer(room)}\n`);
      return [];
    },
    see: (scene) => usual.see(scene),
  },
  "unix.json": {
    async servers({ room }) {
      for (const socket of ["app-1.sock", "app-2.sock"]) {
        const server = Bun.serve({ unix: room.path(socket), fetch: () => new Response("served") });
        room.ending(() => server.stop(true));
      }
      return [];
    },
    async see({ room }) {
      const answer = await fetch("http://localhost/", { unix: room.path("sluice.sock") });
      expect(await answer.text()).toBe("served");
    },
  },
};

const usual: Visit = {
  async see({ room, port }) {
    const client = await Client.connect(room, port);
    await client.send(get("/")).saw("served");
  },
};

for (const name of names.filter((each) => !each.startsWith("full."))) {
  test(`examples/${name} runs and serves`, async () => {
    await using room = new Room();
    using examples = new Examples(room.folder);
    const scene: Scene = { room, examples, port: await freeDatagramPort(), tlsPort: freePort() };
    const { servers, see } = visits[name] ?? usual;
    const addresses = (await servers?.(scene)) ?? [1, 2, 3].map(() => plainServer(room));
    let text = readFileSync(join(examplesFolder, name), "utf8").replaceAll(":8080", `127.0.0.1:${scene.port}`);
    text = text.replaceAll('":80"', `"127.0.0.1:${scene.port}"`);
    text = text.replaceAll(":8443", `127.0.0.1:${scene.tlsPort}`).replaceAll("port: 8443", `port: ${scene.tlsPort}`);
    for (const [index, address] of addresses.entries()) text = text.replaceAll(`127.0.0.1:${8081 + index}`, address);
    text = text.replaceAll("/tmp/", `${room.folder}/`);
    const adminPort = freePort();
    await started(room, room.write(name, withAdmin(name, text, adminPort)), adminPort);
    await see(scene);
  });
}

async function started(room: Room, path: string, adminPort: number): Promise<void> {
  room.ending(() => rmSync(stateFolderOf(path), { recursive: true, force: true }));
  const child = Bun.spawn([...programFor(path), "run", "-c", path], {
    env: { ...process.env, SLUICE_ADMIN: `127.0.0.1:${adminPort}` },
    stdio: ["ignore", "ignore", "pipe"],
  });
  room.ending(async () => {
    child.kill("SIGTERM");
    await child.exited;
  });
  const ready = await until("it to be ready", async () => {
    if (child.exitCode !== null) return new Response(child.stderr).text();
    const answer = await fetch(`http://127.0.0.1:${adminPort}/readyz`).catch(() => null);
    return answer?.status === 200 ? "ready" : null;
  });
  expect(ready).toBe("ready");
}

/** None of the examples for this machine says where the admin interface listens; each would take the same port. */
function withAdmin(name: string, text: string, port: number): string {
  const listen = `127.0.0.1:${port}`;
  if (name.startsWith("gobetween.")) return `${text}\n[api]\nenabled = true\nbind = "${listen}"\n`;
  // The environment says it.
  if (name.endsWith(".cfg")) return text;
  if (name.endsWith(".toml")) return `admin.listen = "${listen}"\n${text}`;
  if (name.endsWith(".yaml")) return `${text}\nadmin: { listen: "${listen}" }\n`;
  if (name.endsWith(".json")) return JSON.stringify({ ...(JSON.parse(text) as object), admin: { listen } });
  return text.replace("defineConfig({", `defineConfig({\n  admin: { listen: "${listen}" },`);
}
