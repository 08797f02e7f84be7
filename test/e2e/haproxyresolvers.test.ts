// Servers that HAProxy finds by its own name servers: both programs run the same file, ask the same dnsmasq, and pass requests on to the
// same servers, also after these have changed, and while nobody answers for their names.

import { expect, setDefaultTimeout } from "bun:test";
import { defaults, get } from "./harness/haproxywords.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { find, testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { Twins } from "./harness/twins.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);
const test = testWith(["haproxy", "dnsmasq"]);

async function dnsmasq(room: Room, port: number, records: readonly string[]): Promise<() => Promise<void>> {
  const words = ["--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", "--no-resolv", "--no-hosts"];
  const place = [`--port=${port}`, "--listen-address=127.0.0.1", "--bind-interfaces", "--local-ttl=600"];
  const child = Bun.spawn([find("dnsmasq")!, ...words, ...place, ...records], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  room.ending(() => child.kill("SIGKILL"));
  return async () => {
    child.kill("SIGKILL");
    await child.exited;
  };
}

test("templates have the servers of their names in both, changes are followed, and an outage takes none away", async () => {
  await using room = new Room();
  const [one, two] = ["one", "two"].map((name) => new Origin(room, () => ok(name))) as [Origin, Origin];
  const port = freePort();
  const alike = ["127.0.0.2", "127.0.0.3"].map(
    (hostname) => new Origin(room, () => ok(hostname), { hostname, port }),
  ).length;
  expect(alike).toBe(2);
  const service = (at: number, name: string): string[] => [
    `--srv-host=_http._tcp.app.test,${name}.app.test,${at},1,10`,
    `--host-record=${name}.app.test,127.0.0.1`,
  ];
  const addresses = (...all: string[]): string[] => all.map((each) => `--host-record=plain.test,${each}`);
  const names = freePort();
  // Nobody is at ::1 there: who does not prefer IPv4 finds no server.
  const stop = await dnsmasq(room, names, [
    ...service(one.port, "n1"),
    ...addresses("127.0.0.2"),
    "--host-record=plain.test,::1",
  ]);
  const twins = await Twins.start(
    room,
    `resolvers dns
  nameserver a 127.0.0.1:${names}
  timeout resolve 200ms
  timeout retry 100ms
${defaults}
listen app
  bind 127.0.0.1:{PORT}
  server-template web 4 _http._tcp.app.test resolvers dns init-addr none
listen plain
  bind 127.0.0.1:{PORT:plain}
  server-template web 1-4 plain.test:${port} resolvers dns init-addr none resolve-prefer ipv4
`,
  );
  const found = async (at: string): Promise<unknown> => {
    const asked = await Promise.all(Array.from({ length: 4 }, () => twins.both(get("/"), { port: at })));
    const bodies = (twin: "haproxy" | "sluice"): string[] => [...new Set(asked.map((each) => each[twin].body))].sort();
    return [bodies("haproxy"), bodies("sluice")];
  };
  const agreed = (at: string, ...servers: readonly string[]): Promise<unknown> =>
    until(`both to find ${servers.join(" and ")}`, async () => Bun.deepEquals(await found(at), [servers, servers]));
  await agreed("", "one");
  await agreed("plain", "127.0.0.2");
  // Their TTL is ten minutes: HAProxy goes by timeout resolve.
  await stop();
  const again = await dnsmasq(room, names, [
    ...service(one.port, "n1"),
    ...service(two.port, "n2"),
    ...addresses("127.0.0.2", "127.0.0.3"),
  ]);
  await agreed("", "one", "two");
  await agreed("plain", "127.0.0.2", "127.0.0.3");
  await again();
  await until("the outage to be seen", async () => {
    const { pools } = await twins.program.status();
    return pools.every(({ sources }) => sources[0]!.problem !== null);
  });
  await agreed("", "one", "two");
  await agreed("plain", "127.0.0.2", "127.0.0.3");
  await dnsmasq(room, names, [...service(two.port, "n2"), ...addresses("127.0.0.3")]);
  await agreed("", "two");
  await agreed("plain", "127.0.0.3");
});

test("a server's name is looked up at the section's name servers by both, and followed where it moves", async () => {
  await using room = new Room();
  const port = freePort();
  for (const hostname of ["127.0.0.2", "127.0.0.3"]) new Origin(room, () => ok(hostname), { hostname, port });
  const names = freePort();
  const stop = await dnsmasq(room, names, ["--host-record=moves.test,127.0.0.2"]);
  const twins = await Twins.start(
    room,
    `resolvers dns
  nameserver a 127.0.0.1:${names}
  timeout resolve 200ms
  timeout retry 100ms
${defaults}
listen app
  bind 127.0.0.1:{PORT}
  server a moves.test:${port} resolvers dns init-addr none
`,
  );
  const agreed = (server: string): Promise<unknown> =>
    until(`both to find ${server}`, async () => {
      const { haproxy, sluice } = await twins.both(get("/"));
      return haproxy.body === server && sluice.body === server;
    });
  await agreed("127.0.0.2");
  await stop();
  await dnsmasq(room, names, ["--host-record=moves.test,127.0.0.3"]);
  // It asks every 10 seconds, and with each reload.
  await until("the name to be asked for again", async () => (await twins.program.cli("reload")).code === 0);
  await agreed("127.0.0.3");
});
