import { expect, test } from "bun:test";
import type { AccessSyslogInput } from "../../input.ts";
import { tried } from "./translated.fixture.ts";

const times = " timeout connect 5s\n timeout client 5s\n timeout server 5s\n";

const text = (globals: string, own: string, more = ""): string =>
  `global\n ${globals}\nlisten x\n mode http\n${times} bind :1\n ${own}\n server a a:1\n${more}`;

function targets(globals: string, own = "log global\n option httplog"): AccessSyslogInput[] {
  const syslog = tried(text(globals, own)).input.accessLog?.syslog ?? [];
  return "to" in syslog ? [syslog] : syslog;
}

test("targets are where they are, with their facility, levels, length and form", () => {
  expect(targets("log 127.0.0.1:5514 local3 notice err\n log /dev/log daemon\n log ::1:601 local0 info")).toEqual([
    {
      ...{ to: "udp://127.0.0.1:5514", facility: "local3", level: "notice", minLevel: "err" },
      ...{ length: "1024b", tag: "haproxy" },
    },
    { to: "unix:/dev/log", facility: "daemon", length: "1024b", tag: "haproxy" },
    { to: "udp://[::1]:601", facility: "local0", level: "info", length: "1024b", tag: "haproxy" },
  ]);
  expect(targets("log logs.example len 4000 format rfc5424 local0\n log-tag edge\n log-send-hostname lb1")).toEqual([
    {
      ...{ to: "udp://logs.example:514", facility: "local0", format: "rfc5424", length: "4000b" },
      ...{ hostname: "lb1", tag: "edge" },
    },
  ]);
  expect(targets("log ipv4@10.0.0.1 local0\n log unix@/run/log local1").map(({ to }) => to)).toEqual([
    "udp://10.0.0.1:514",
    "unix:/run/log",
  ]);
});

test("what is sent to a ring or a descriptor is told, and so are samples", () => {
  const { input, told } = tried(text("log ring@buf local0\n log 10.0.0.1 sample 1:10 local0", "log global"));
  expect(told).toEqual([
    "2:6 warning ring@buf is approximated: nothing is sent there: targets are addresses, unix sockets and stdout",
    "3:2 warning log is approximated: each line is sent: none are left out by sample",
  ]);
  expect(input.accessLog).toMatchObject({ syslog: { to: "udp://10.0.0.1:514" } });
});

test("the application log goes where global says", () => {
  expect(tried(text("log 127.0.0.1 local1 notice", "maxconn 5")).input).toMatchObject({
    log: { syslog: { to: "udp://127.0.0.1:514", facility: "local1", level: "notice", tag: "haproxy" } },
  });
});

test("each listener says what is different about its lines", () => {
  const { listeners, accessLog } = tried(
    text(
      "log /dev/log local0",
      "log global\n option httplog\n option dontlog-normal\n option log-separate-errors",
      "listen y\n mode tcp\n bind :2\n bind :3\n log global\n option tcplog\n server a a:1\nlisten z\n mode tcp\n bind :4\n server a a:1\n",
    ),
  ).input;
  expect(accessLog).toMatchObject({ format: "httplog" });
  expect(listeners.x!.accessLog).toEqual({ normal: false, failures: "err" });
  expect(listeners.y!.accessLog).toEqual({ format: "tcplog" });
  expect(listeners["y-2"]!.accessLog).toEqual({ name: "y", format: "tcplog" });
  expect(listeners.z!.accessLog).toBe(false);
});

test("servers are called by their names where lines are written, and only there", () => {
  expect(tried(text("log /dev/log local0", "log global")).input.pools).toMatchObject({ x: { servers: [{ id: "a" }] } });
  expect(tried(text("daemon", "maxconn 5")).input.pools).toMatchObject({ x: { servers: ["a:1"] } });
});

test("a tag and a name that HAProxy takes are made ones that we take, at their lines", () => {
  const said = `log 127.0.0.1 local0\n log-tag haproxy[prod]:x\n log-send-hostname "my host"`;
  const { input, told } = tried(text(said, `log global\n log-tag "${"a b ".repeat(15)}"`));
  const own = "a_b_".repeat(12);
  expect([input.log?.syslog, input.accessLog?.syslog]).toMatchObject([
    { tag: "haproxy_prod__x", hostname: "my_host" },
    { tag: own, hostname: "my_host" },
  ]);
  expect(told.map((each) => each.replace(/^(\S+) .*(?= is )/, "$1"))).toEqual([
    "4:20 is approximated: messages have my_host",
    "3:10 is approximated: messages have haproxy_prod__x",
    `12:10 is approximated: messages have ${own}`,
  ]);
});

test("of stdout and stderr the first that is named has the lines, and the other is told", () => {
  const { input, told } = tried(text("log stderr local0\n log stdout local0", "log global"));
  expect(input.accessLog).toMatchObject({ path: "/dev/stderr" });
  expect(told).toEqual([
    "3:2 warning log is approximated: nothing is written there: lines go to one of stdout and stderr",
  ]);
});

test("frontends that have other tags are told of the one that all lines have, where there are targets of syslog", () => {
  const other = `listen y\n mode http\n${times} bind :2\n log global\n log-tag api\n server a a:1\n`;
  const told = (globals: string, own: string): readonly string[] => tried(text(globals, own, other)).told;
  expect(told("log 127.0.0.1 local0", "log global\n log-tag web")).toEqual([
    "19:10 warning api is approximated: there is one tag: all lines of requests have web",
  ]);
  expect(told("log 127.0.0.1 local0\n log-tag web", "log global")).toEqual([
    "19:10 warning api is approximated: there is one tag: all lines of requests have web",
  ]);
  expect(told("log 127.0.0.1 local0\n log-tag api", "log global")).toEqual([]);
  expect(told("log stdout format raw local0", "log global\n log-tag web")).toEqual([]);
  const first = tried(text("log 127.0.0.1 local0", "log global\n log-tag web", other.replace(" log-tag api\n", "")));
  expect(first.told).toEqual(["10:10 warning web is approximated: there is one tag: all lines of requests have web"]);
});

test("a level that leaves lines of requests out is told where they go to stdout, which has none", () => {
  const told = (level: string): readonly string[] =>
    tried(text(`log stdout format raw local0 ${level}`, "log global")).told;
  expect(told("info")).toEqual([]);
  expect(told("notice")).toEqual([
    "2:2 warning log is approximated: each line is written, also those less severe than notice",
  ]);
});
