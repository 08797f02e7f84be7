// Lines of syslog: what a haproxy.cfg writes is what HAProxy writes, and receivers of each kind get them, also those that were away.

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { Client, get as plainGet } from "./harness/client.ts";
import { defaults, get } from "./harness/haproxywords.ts";
import { Origin, ok, write } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { Sluice } from "./harness/sluice.ts";
import { Receiver } from "./harness/syslog.ts";
import { Twins } from "./harness/twins.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);
const testWithHaproxy = testWith(["haproxy"]);

/** Without times, ports, pids, bytes and how many connections there are. What could not be measured is -1 in both. */
function bare(line: string): string {
  return line
    .trimEnd()
    .replace(/^(<\d+>)\w{3} [ \d]\d \d\d:\d\d:\d\d haproxy\[\d+\]: /, "$1")
    .replaceAll(/127\.0\.0\.1:\d+/g, "CLIENT")
    .replace(/\[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d\.\d{3}\]/, "[TIME]")
    .replace(/ ([\d-]+(?:\/[\d-]+)+) (?:(-?\d+) )?\d+ /, (_, timers: string, status?: string) => {
      const known = timers.replaceAll(/(?<![\d-])\d+/g, "0");
      return ` ${known} ${status ?? ""} BYTES `;
    })
    .replace(/ \d+\/\d+\/\d+\/\d+\/(\+?\d+) (\d+\/\d+)(?= |$)/, " COUNTS/$1 $2");
}

describe("the lines of a haproxy.cfg are HAProxy's", () => {
  testWithHaproxy("requests and connections, whatever became of them", async () => {
    await using room = new Room();
    const [haproxy, sluice] = [await Receiver.udp(room), await Receiver.udp(room)];
    const cut = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\ncut";
    const twins = await Twins.start(
      room,
      `${defaults.replace("timeout server 20s", "timeout server 500ms")}
  log 127.0.0.1:${sluice.port} local3 info
  log 127.0.0.1:${sluice.port} local4 notice
  option httplog
  retries 1
frontend web
  bind 127.0.0.1:{PORT}
  capture request header Host len 3
  capture request header X-A len 8
  capture response header X-B len 20
  http-request deny if { path /denied }
  http-request redirect location /x if { path /moved }
  http-request return status 200 content-type text/plain string hello if { path /own }
  use_backend dead if { path /dead }
  use_backend spare if { path /spare }
  use_backend none if { path /none }
  use_backend sticky if { path /sticky }
  use_backend denying if { path /inner }
  default_backend app
backend app
  server s1 {ORIGIN:a}
backend dead
  server d1 {CLOSED}
backend spare
  balance first
  option redispatch 1
  server d1 {CLOSED}
  server s1 {ORIGIN:a}
backend none
backend sticky
  cookie SRV insert
  server s1 {ORIGIN:a} cookie one
backend denying
  http-request deny deny_status 429
  server s1 {ORIGIN:a}
listen raw
  mode tcp
  bind 127.0.0.1:{PORT:raw}
  option tcplog
  server s1 {ORIGIN:a}
listen deadraw
  mode tcp
  bind 127.0.0.1:{PORT:deadraw}
  option tcplog
  server s1 {CLOSED}
frontend words
  bind 127.0.0.1:{PORT:words}
  log-format "%HM %HP %ST {%[capture.req.hdr(0)]} %{+Q}b %ts"
  capture request header X-A len 8
  default_backend app
`,
      {
        forHaproxy: (text) => text.replaceAll(String(sluice.port), String(haproxy.port)),
        origins: {
          a: ({ target, socket }) => {
            if (target === "/missing") return "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
            if (target === "/silent") return null;
            if (target === "/bad") return "this is no answer\r\n\r\n";
            if (target !== "/cut" && target !== "/closed") return ok("a", "X-B: b|b");
            if (target === "/cut") write(socket, cut);
            socket.shutdown();
            return null;
          },
        },
      },
    );
    let lines = 0;
    const asked = async (request: string, port = ""): Promise<string> => {
      await twins.both(request, { port });
      lines++;
      const [theirs, ours] = await Promise.all([haproxy.come(lines), sluice.come(lines)]);
      expect([request, bare(ours[lines - 1]!)]).toEqual([request, bare(theirs[lines - 1]!)]);
      return bare(ours[lines - 1]!);
    };
    expect(await asked(get("/a?b=|", "X-A: {x|y}#\xe9"))).toBe(
      '<158>CLIENT [TIME] web app/s1 0/0/0/0/0 200 BYTES - - ---- COUNTS/0 0/0 {tes|#7Bx#7Cy#7D#23#E9} {b#7Cb} "GET /a?b=| HTTP/1.1"',
    );
    for (const [target, state] of [
      ["/missing", "----"],
      ["/denied", "PR--"],
      ["/moved", "LR--"],
      ["/own", "LR--"],
      ["/dead", "SC--"],
      ["/spare", "----"],
      ["/none", "SC--"],
      ["/inner", "PR--"],
      ["/silent", "sH--"],
      ["/bad", "PH--"],
      ["/cut", "SD--"],
      ["/sticky", "--NI"],
    ] as const)
      expect([target, await asked(get(target))]).toEqual([target, expect.stringContaining(` ${state} `)]);
    expect(await asked(get("/sticky", "Cookie: SRV=one"))).toContain(" --VN ");
    expect(await asked(get("/sticky", "Cookie: SRV=two"))).toContain(" --I");
    expect(await asked("POST /closed HTTP/1.1\r\nHost: test\r\nContent-Length: 1\r\n\r\nx")).toContain(" SH-- ");
    expect(await asked("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nBad Name: 1\r\n\r\n", "words")).toStartWith("<158>");
    expect(await asked(get("/w?q", "X-A: one"), "words")).toBe('<158>GET /w 200 {one} "app" --');
    expect(await asked(get("/", "Connection: close"), "raw")).toMatch(/ (?:--|CD) /);
    expect(await asked(get("/"), "deadraw")).toContain(" SC ");
  });
});

describe.skipIf(process.platform !== "linux")("receivers", () => {
  test("of each kind get the same lines, with facility, severity, tag and time in front", async () => {
    await using room = new Room();
    const origin = new Origin(room, ({ target }) =>
      target === "/broken" ? "HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n" : ok("a"),
    );
    const [udp, tcp, unix] = [await Receiver.udp(room), Receiver.tcp(room), Receiver.unix(room, room.path("log.sock"))];
    const sluice = await Sluice.start(room, {
      pools: { app: { servers: [origin.address] } },
      accessLog: {
        format: "%HM %HP %ST",
        flush: "10ms",
        syslog: [
          { to: udp.address, facility: "daemon", severity: "notice", tag: "edge", hostname: "lb1" },
          { to: tcp.address, format: "rfc5424", hostname: "lb1", length: "128b" },
          { to: unix.address, level: "debug", minLevel: "info" },
          { to: unix.address, level: "warning" },
        ],
      },
    });
    await fetch(`${sluice.url}/a`);
    await fetch(`${sluice.url}/${"x".repeat(300)}`);
    expect((await udp.come(2))[0]).toMatch(/^<29>\w{3} [ \d]\d \d\d:\d\d:\d\d lb1 edge\[\d+\]: GET \/a 200$/);
    const [first, second] = await tcp.come(2);
    expect(first).toMatch(/^<134>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z lb1 sluice \d+ - - GET \/a 200$/);
    expect(second).toMatch(/ GET \/x+$/);
    expect(second).toHaveLength(128);
    expect((await unix.come(2)).map((line) => line.replace(/^.*\]: /, ""))).toEqual([
      "GET /a 200",
      `GET /${"x".repeat(300)} 200`,
    ]);
  });

  for (const kind of ["udp", "tcp", "unix"] as const)
    test(`by ${kind}: one that is away loses lines beyond a bound, counted, holds up nobody, and gets lines again when it is back`, async () => {
      await using room = new Room();
      const origin = new Origin(room, () => ok("a"));
      const path = room.path("log.sock");
      const begin = async (port: number): Promise<Receiver> =>
        kind === "udp"
          ? await Receiver.udp(room, port)
          : kind === "tcp"
            ? Receiver.tcp(room, port)
            : Receiver.unix(room, path);
      const first = await begin(0);
      const sluice = await Sluice.start(room, {
        workers: 1,
        pools: { app: { servers: [origin.address] } },
        accessLog: { format: "%HP", flush: "10ms", buffer: "4kb", syslog: { to: first.address } },
      });
      await fetch(`${sluice.url}/first`);
      await first.come(1);
      const port = kind === "unix" ? 0 : first.port;
      first.close();
      const client = await Client.connect(room, sluice.port);
      for (let count = 0; count < 200; count++) client.send(plainGet(`/away/${count}`));
      const dropped = async (): Promise<number> => {
        const text = await (await fetch(`http://${sluice.admin}/metrics`)).text();
        return Number(/^sluice_access_log_dropped_total\S* (\d+)$/m.exec(text)?.[1] ?? 0);
      };
      await until("lines to be lost", async () => (await dropped()) > 0);
      const again = await begin(port);
      await until("lines to come again", async () => {
        await fetch(`${sluice.url}/again`);
        return again.messages.some((line) => line.endsWith(": /again"));
      });
      expect(again.messages.some((line) => /: \/away\/\d+$/.test(line))).toBe(true);
      const told = sluice.stderr.split("\n").filter((line) => line.includes("access log"));
      expect(told.length).toBeLessThanOrEqual(3);
      expect(told[0]).toContain(first.address);
    });

  test("the application log goes to syslog too, each line with its severity", async () => {
    await using room = new Room();
    const log = await Receiver.udp(room);
    await Sluice.start(room, {
      pools: { app: { servers: ["127.0.0.1:1"], check: { tcp: true, every: "100ms", timeout: "90ms" } } },
      log: { syslog: [{ to: log.address, facility: "local1", level: "notice" }] },
    });
    await until("the start to be told", () =>
      log.messages.some((line) => /^<141>.* sluice\[\d+\]: started /.test(line)),
    );
  });

  test("its last lines leave before the process ends, and those that cannot are told of with their number", async () => {
    await using room = new Room();
    const [late, never] = [freePort(), freePort()];
    const sluice = await Sluice.start(room, {
      pools: { app: { servers: ["127.0.0.1:1"] } },
      log: {
        syslog: [
          { to: `tcp://127.0.0.1:${late}`, level: "notice" },
          { to: `tcp://127.0.0.1:${never}`, level: "notice" },
        ],
      },
    });
    sluice.child.kill("SIGTERM");
    await until("the drain to be told", () => sluice.stderr.includes("draining"));
    const log = Receiver.tcp(room, late);
    expect(await sluice.exited()).toBe(0);
    await until("the last line", () => log.messages.some((line) => line.endsWith(": stopped cleanly")));
    expect(log.messages.some((line) => line.includes(": started "))).toBe(true);
    expect(sluice.stderr).toMatch(new RegExp(`:${never} cannot be written \\(ECONNREFUSED\\); \\d+ lines dropped`));
    expect(sluice.stderr).not.toMatch(new RegExp(`:${late} .* lines dropped`));
  });
});
