// A gobetween.toml starts Sluice as it stands: connections reach its backends by its balance, a backend that its health check
// finds down gets none, and `sluice check` says what became of its keywords.

import { expect, setDefaultTimeout, test } from "bun:test";
import { appendFileSync, chmodSync } from "node:fs";
import { DatagramClient, DatagramServer, freeDatagramPort } from "./harness/datagrams.ts";
import { DocumentServer } from "./harness/document.ts";
import { Origin, ok } from "./harness/origin.ts";
import { Asker } from "./harness/outcome.ts";
import { freePort } from "./harness/port.ts";
import { curl, ran } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { authorityIn } from "./harness/signed.ts";
import { command } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

interface Scene {
  readonly path: string;
  readonly port: number;
  readonly admin: string;
  readonly origins: readonly Origin[];
}

function scene(room: Room, more = ""): Scene {
  const origins = ["one", "two"].map((word) => new Origin(room, () => ok(word)));
  const [port, admin] = [freePort(), `127.0.0.1:${freePort()}`];
  const path = room.write(
    "gobetween.toml",
    `[logging]
level = "info"
output = "stdout"

[api]
enabled = true
bind = "${admin}"

[servers.sample]
bind = "localhost:${port}"
balance = "roundrobin"

  [servers.sample.discovery]
  kind = "static"
  static_list = ["${origins[0]!.address}", "${origins[1]!.address} weight=5"]

  [servers.sample.healthcheck]
  kind = "ping"
  interval = "200ms"
  timeout = "2s"
${more}`,
  );
  return { path, port, admin, origins };
}

/** Until it is ready; its exit code ends the test. */
async function running(room: Room, { path, admin }: Scene): Promise<void> {
  const child = Bun.spawn([...command, "run", "-c", path], { stdio: ["ignore", "ignore", "pipe"] });
  room.ending(async () => {
    child.kill("SIGTERM");
    await child.exited;
  });
  const ready = await until("it to be ready", async () => {
    if (child.exitCode !== null) return new Response(child.stderr).text();
    const answer = await fetch(`http://${admin}/readyz`).catch(() => null);
    return answer?.status === 200 ? "ready" : null;
  });
  expect(ready).toBe("ready");
}

/** Over a connection of its own. */
async function fetched(port: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } });
  return answer.text();
}

test("its backends take turns by connection, and one that is down gets none", async () => {
  await using room = new Room();
  const made = scene(room);
  await running(room, made);
  const words: string[] = [];
  for (let turn = 0; turn < 4; turn++) words.push(await fetched(made.port));
  expect(words.toSorted()).toEqual(["one", "one", "two", "two"]);
  made.origins[0]!.stop();
  await until("the check to see it", async () => {
    const status = (await (await fetch(`http://${made.admin}/api/v1/status`)).json()) as {
      pools: { servers: { state: string }[] }[];
    };
    return status.pools[0]!.servers[0]!.state === "down" ? true : null;
  });
  for (let turn = 0; turn < 3; turn++) expect(await fetched(made.port)).toBe("two");
});

test("access lets in whom its first fitting rule allows, and closes the connections of others", async () => {
  await using room = new Room();
  const rules = '["deny 127.0.0.3", "allow 127.0.0.0/29"]';
  const made = scene(room, `  [servers.sample.access]\n  default = "deny"\n  rules = ${rules}\n`);
  await running(room, made);
  const outcomeFrom = async (localAddress: string): Promise<string> => {
    // One that is reset as soon as it is accepted may be so before we know that it was.
    const asker = await Asker.connect(room, { port: made.port, localAddress }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNRESET") return null;
      throw error;
    });
    if (asker === null) return "rst";
    const { status, end } = await asker.ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    return status === 0 ? end : String(status);
  };
  expect(await outcomeFrom("127.0.0.1")).toBe("200");
  expect(await outcomeFrom("127.0.0.4")).toBe("200");
  expect(["fin", "rst"]).toContain(await outcomeFrom("127.0.0.3"));
  expect(["fin", "rst"]).toContain(await outcomeFrom("127.0.0.9"));
});

test("check tells what became of its keywords, and ends with 0", async () => {
  await using room = new Room();
  const { path } = scene(room);
  const answer = await ran([...command, "check", path]);
  expect(answer.code).toBe(0);
  expect(answer.out).toContain("gobetween: 10 keywords kept, 1 approximated\n");
  expect(answer.err).toContain("warning: logging.output is approximated");
});

test("backends that a program lists, and those that a page tells of, are found and found again", async () => {
  await using room = new Room();
  const { path, port, admin, origins } = scene(room);
  const page = await DocumentServer.start(room);
  page.body = `who: ${origins[0]!.address}\n`;
  const script = room.write(
    "list.sh",
    `#!/bin/sh\ncat ${room.write("list.txt", `${origins[0]!.address} weight=1\n`)}\n`,
  );
  chmodSync(script, 0o755);
  const ports = [freePort(), freePort()] as const;
  const server = (name: string, number: number, discovery: string): string =>
    `\n[servers.${name}]\nbind = "localhost:${number}"\n[servers.${name}.discovery]\ninterval = "200ms"\n${discovery}\n`;
  appendFileSync(
    path,
    server("listed", ports[0], `kind = "exec"\nexec_command = ["${script}"]`) +
      server(
        "told",
        ports[1],
        `kind = "plaintext"\nplaintext_endpoint = "http://${page.address}/"\nplaintext_regex_pattern = 'who: (?P<host>\\S+):(?P<port>\\d+)'`,
      ),
  );
  const checked = await ran([...command, "check", path]);
  expect(checked.out).toContain("0 servers and what exec list.sh will tell");
  expect(checked.err).not.toContain("discovery");
  await running(room, { path, port, admin, origins });
  for (const each of ports) expect(await fetched(each)).toBe("one");
  page.body = `who: ${origins[1]!.address}\n`;
  room.write("list.txt", `${origins[1]!.address}\n`);
  for (const each of ports) await until("the other backend", async () => (await fetched(each)) === "two");
});

test("backends that are found with names serve who asks for them, and others by the strategy", async () => {
  await using room = new Room();
  const { path, port, admin, origins } = scene(room);
  const authority = authorityIn(room);
  const names = ["a.test", "b.test", "c.test"];
  const { cert, key } = authority.issue(names.map((name) => `DNS:${name}`));
  const behind = ["named", "plain"].map((word) => {
    const server = Bun.serve({ port: 0, hostname: "127.0.0.1", tls: { cert, key }, fetch: () => new Response(word) });
    room.ending(() => server.stop(true));
    return `127.0.0.1:${server.port}`;
  });
  const list = room.write("list.txt", `${behind[0]} sni=a.test\n${behind[1]}\n`);
  const ports = { default: freePort(), reject: freePort(), any: freePort() };
  const section = (strategy: keyof typeof ports): string => `
[servers.${strategy}]
bind = "localhost:${ports[strategy]}"
  [servers.${strategy}.sni]
  unexpected_hostname_strategy = "${strategy}"
  [servers.${strategy}.discovery]
  kind = "exec"
  exec_command = ["/bin/cat", "${list}"]
  interval = "200ms"
`;
  appendFileSync(path, section("default") + section("reject") + section("any"));
  await running(room, { path, port, admin, origins });
  const asked = async (strategy: keyof typeof ports, name: string): Promise<string> => {
    const to = ["--resolve", `${name}:${ports[strategy]}:127.0.0.1`, "--cacert", room.path("ca.pem")];
    const { code, out } = await curl(...to, `https://${name}:${ports[strategy]}/`);
    return code === 0 ? out : "refused";
  };
  const all = async (name: string): Promise<string[]> => [await asked("default", name), await asked("reject", name)];
  expect(await all("a.test")).toEqual(["named", "named"]);
  expect(await all("b.test")).toEqual(["plain", "refused"]);
  expect(await asked("any", "a.test")).toBe("named");
  expect(["named", "plain"]).toContain(await asked("any", "b.test"));
  // Names come and go with what is found.
  room.write("list.txt", `${behind[0]} sni=c.test\n${behind[1]}\n`);
  await until("the other name", async () => (await asked("reject", "c.test")) === "named");
  expect(await all("a.test")).toEqual(["plain", "refused"]);
});

test("access of a udp server lets in the datagrams of whom it allows, and no others", async () => {
  await using room = new Room();
  const { path, port, admin, origins } = scene(room);
  const server = await DatagramServer.start("names");
  room.ending(() => server.stop());
  const ports = { open: await freeDatagramPort(), shut: await freeDatagramPort() };
  const section = (name: keyof typeof ports, access: string): string => `
[servers.${name}]
bind = "127.0.0.1:${ports[name]}"
protocol = "udp"
client_idle_timeout = "10s"
  [servers.${name}.access]
${access}
  [servers.${name}.discovery]
  kind = "static"
  static_list = ["127.0.0.1:${server.port}"]
`;
  const shut = 'rules = ["deny 127.0.0.1"]';
  appendFileSync(path, section("open", 'default = "deny"\nrules = ["allow 127.0.0.1"]') + section("shut", shut));
  await running(room, { path, port, admin, origins });
  const [allowed, denied] = [await DatagramClient.start(ports.open), await DatagramClient.start(ports.shut)];
  room.ending(() => allowed.stop());
  room.ending(() => denied.stop());
  denied.send("out");
  const refused = `sluice_listener_refusals_total{listener="shut",reason="rule"} 1\n`;
  await until("it to be refused", async () =>
    (await (await fetch(`http://${admin}/metrics`)).text()).includes(refused),
  );
  allowed.send("in");
  await until("an answer", () => allowed.got.includes("names:in"));
  expect(server.got.map(({ text }) => text)).toEqual(["in"]);
  expect(denied.got).toEqual([]);
});

test("leastbandwidth gives connections to the backend that carries fewer bytes a second", async () => {
  await using room = new Room();
  const { path, port, admin, origins } = scene(room);
  // Each says its name, and to who asks for it as much as there is room for, for as long as it is listened to.
  const behind = ["one", "two"].map((word) => {
    const noise = Buffer.alloc(16 * 1024, word);
    const server = Bun.listen({
      ...{ hostname: "127.0.0.1", port: 0 },
      socket: {
        open: (socket) => void socket.write(word),
        data: (socket) => void setInterval(() => socket.write(noise), 5).unref(),
        error: () => {},
      },
    });
    room.ending(() => server.stop(true));
    return `127.0.0.1:${server.port}`;
  });
  const balanced = freePort();
  appendFileSync(
    path,
    `
[servers.balanced]
bind = "localhost:${balanced}"
balance = "leastbandwidth"
  [servers.balanced.discovery]
  kind = "static"
  static_list = ["${behind[0]}", "${behind[1]}"]
`,
  );
  await running(room, { path, port, admin, origins });
  const connected = async (): Promise<{ word: string; socket: Bun.Socket }> => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const handlers = { data: (_: unknown, bytes: Buffer) => resolve(bytes.toString("latin1", 0, 3)) };
    const socket = await Bun.connect({ hostname: "127.0.0.1", port: balanced, socket: handlers });
    room.ending(() => socket.end());
    return { word: await promise, socket };
  };
  const { word, socket } = await connected();
  socket.write("more");
  const other = word === "one" ? "two" : "one";
  // Before the first measurement they are drawn by chance; so many in a row are none.
  await until("the busy one to get none", async () => {
    for (let turn = 0; turn < 24; turn++) {
      const next = await connected();
      next.socket.end();
      if (next.word !== other) return false;
    }
    return true;
  });
});
