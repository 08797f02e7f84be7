import { expect, test } from "bun:test";
import { tried } from "./translated.fixture.ts";

const rest =
  "listen x\n mode http\n bind :1\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n server a a:1";
const globally = (...lines: readonly string[]): ReturnType<typeof tried> =>
  tried(["global", ...lines, rest].join("\n"));
const told = (...lines: readonly string[]): readonly string[] =>
  globally(...lines).told.map((line) => line.replace(/^\S+ /, ""));

test("what concerns the whole process", () => {
  expect(globally("nbthread 3").input.workers).toBe(3);
  expect(globally("nbproc 2", "nbthread 4").input.workers).toBe(8);
  expect(globally("hard-stop-after 15s").input.drainTimeout).toBe("15s");
  expect(globally("tune.bufsize 65536", "tune.http.maxhdr 200").input.limits).toEqual({ head: "65536b", fields: 200 });
  expect(globally("maxconn 300").input.listeners["x"]?.maxConnections).toBe(300);
  expect(globally().input.workers).toBeUndefined();
});

test("how many requests a connection of HTTP/2 may have at once", () => {
  const streams = (...lines: readonly string[]): unknown => globally(...lines).input.limits?.streamsPerConnection;
  expect(streams("tune.h2.max-concurrent-streams 7")).toBe(7);
  expect(streams("tune.h2.fe.max-concurrent-streams 8", "tune.h2.max-concurrent-streams 7")).toBe(8);
  expect(streams("tune.h2.max-concurrent-streams 7", "tune.h2.fe.max-concurrent-streams 8")).toBe(8);
  expect(streams("tune.h2.be.max-concurrent-streams 9")).toBeUndefined();
  expect(told("tune.h2.initial-window-size 9", "tune.h2.be.max-concurrent-streams 9")).toEqual([]);
  expect(streams("tune.h2.max-concurrent-streams 5000")).toBe(1000);
  expect(told("tune.h2.max-concurrent-streams 5000")).toEqual([
    "warning 5000 is approximated: at most 1000 streams of a connection are served at once",
  ]);
  expect(told("tune.h2.max-concurrent-streams x")).toEqual(["error x must be a whole number from 1 to 2147483647"]);
});

test("what a service manager does is passed over without a warning", () => {
  expect(
    told(
      "daemon",
      "user haproxy",
      "group haproxy",
      "chroot /x",
      "pidfile /x",
      "ulimit-n 5",
      "tune.rcvbuf.client 5",
      "no busy-polling",
    ),
  ).toEqual([]);
});

test("default-path says where files are", () => {
  const path = (line: string): unknown =>
    tried(`global\n ${line}\nlisten x\n mode http\n bind :1 ssl crt a.pem\n errorfile 503 b.http\n server a a:1`).input
      .listeners["x"];
  expect(path("default-path config")).toMatchObject({ tls: { certificates: "a.pem" }, errors: { "503": "b.http" } });
  expect(path("default-path parent")).toMatchObject({ tls: { certificates: "../a.pem" } });
  expect(path("default-path origin /srv")).toMatchObject({
    tls: { certificates: "/srv/a.pem" },
    errors: { "503": "/srv/b.http" },
  });
});

test.each([
  ["maxcon 5", 'error maxcon is no keyword of HAProxy\'s in section global; did you mean "maxconn"?'],
  ["maxconn", "error maxconn needs a value behind it"],
  [
    "maxconn 5",
    "warning maxconn is approximated: each listener without a maxconn of its own has it, and they are not counted together; a connection beyond it is closed at once, where in HAProxy it waits to be accepted",
  ],
  ["maxconn many", "error many must be a whole number from 1 to 10000000"],
  ["stats sockt /run/x", "error sockt must be socket, timeout or maxconn"],
  [
    "lua-load x.lua",
    "error lua-load is refused: Lua is not run here; hooks and rules of a config in TypeScript can do the same",
  ],
  [
    "no maxconn",
    "error no can stand in front of option and log only, and of few words of section global, as in HAProxy",
  ],
  ["default-path nowhere", "error nowhere must be current, config, parent or origin"],
  ["nbproc 2", "warning 2 is read as that many workers, although HAProxy takes it no more since 2.5"],
  [
    "maxconnrate 5",
    "warning maxconnrate is approximated: there is no limit of new connections a second for the whole process; a rule with limit bounds clients",
  ],
  [
    "ssl-default-bind-options ssl-min-vr TLSv1.2",
    'error ssl-min-vr is no keyword of HAProxy\'s of bind; did you mean "ssl-min-ver"?',
  ],
])("%s is told", (line, message) => {
  expect(told(line)).toContain(message);
});

test("an access log where a frontend logs, and only there", () => {
  const log = (globalLine: string, own: string): unknown =>
    tried(`global\n ${globalLine}\nlisten x\n mode http\n bind :1\n ${own}\n server a a:1`).input.accessLog;
  const syslog = { to: "unix:/dev/log", facility: "local0", length: "1024b", tag: "haproxy" };
  const connect = "Connect from %ci:%cp to %fi:%fp (%f/HTTP)";
  expect(log("log /dev/log local0", "log global")).toEqual({ format: connect, flush: "100ms", syslog });
  expect(log("daemon", "log 127.0.0.1 local0")).toMatchObject({ syslog: { ...syslog, to: "udp://127.0.0.1:514" } });
  expect(log("log stdout format raw local0", "log global\n option httplog")).toEqual({ path: "-", format: "httplog" });
  expect(log("daemon", "log global")).toBeUndefined();
  expect(log("log /dev/log local0", "maxconn 5")).toBeUndefined();
  expect(log("log /dev/log local0", "log global\n no log")).toBeUndefined();
});
