import { expect, test } from "bun:test";
import { fromCommandLine } from "./commandline.ts";
import { compile } from "./compile.ts";
import { judge } from "./judge.ts";
import { problemLine } from "./problem.ts";
import { Slots } from "./slots.ts";

const told = (line: Parameters<typeof fromCommandLine>[0]): string[] => {
  const loaded = fromCommandLine(line);
  return (loaded.ok ? loaded.warnings : loaded.problems).map(problemLine);
};

test("flags make the same plan as a file that says the same", () => {
  const loaded = fromCommandLine({
    listen: ":9090",
    to: "127.0.0.1:8081, b:8082^3,",
    balance: "p2c",
    workers: "2",
    admin: "127.0.0.1:0",
  });
  const file = judge({
    workers: 2,
    admin: { listen: "127.0.0.1:0" },
    listeners: { web: { listen: ":9090", use: "app" } },
    pools: { app: { servers: ["127.0.0.1:8081", "b:8082^3"], balance: "p2c" } },
  });
  if (!loaded.ok || file.config === null) throw new Error("both are right");
  const plan = compile(loaded.config, new Slots(), () => undefined);
  expect(plan).toEqual(compile(file.config, new Slots(), () => undefined));
  expect(loaded.config.workers).toBe(2);
});

test("only servers are needed", () => {
  const loaded = fromCommandLine({ to: "a:1" });
  expect(loaded.ok && loaded.config.listeners["web"]!.listen).toBe(":8080");
  expect(told({ to: "a:1", workers: "auto" })).toEqual([]);
});

test("each problem names its flag, all at once", () => {
  expect(told({ listen: "8080", to: "a:1,b,a:1,c:1^0", balance: "round-robin", workers: "0", admin: ":1" })).toEqual([
    "command line: error: --workers must be a whole number from 1 to 64, not 0",
    'command line: error: --listen must be an address such as ":8080", "127.0.0.1:8080" or "unix:/run/sluice.sock": write ":8080" for a port',
    'command line: error: --to (server 2) must have a port: write "b:80"',
    'command line: error: --to (server 4) must have a weight from 1 to 65535 after the ^, not "0"',
    'command line: error: --balance is not known here: "round-robin"; did you mean "roundRobin"?',
    "command line: error: --admin is not a loopback address, which needs admin.token in a config file: whoever reaches it controls this proxy",
    "command line: error: --to (server 3) is the same as server 1; to give it more, write a weight: host:port^2",
  ]);
  expect(told({ to: " , " })).toEqual(["command line: error: --to must name at least one server"]);
  expect(told({ to: "x" })).toEqual(['command line: error: --to must have a port: write "x:80"']);
  expect(told({ to: "a:1", workers: "many" })[0]).toContain(
    '--workers must be "auto" or a whole number from 1 to 64, not "many"',
  );
});

test("a mode makes a listener of that name", () => {
  for (const [mode, name] of [
    ["tcp", "tcp"],
    ["udp", "udp"],
    ["http", "web"],
  ] as const) {
    const loaded = fromCommandLine({ mode, listen: ":5432", to: "a:5432,b:5432" });
    if (!loaded.ok) throw new Error("it is right");
    expect(Object.entries(loaded.config.listeners).map(([key, one]) => [key, one.mode])).toEqual([[name, mode]]);
  }
  expect(told({ mode: "stream", to: "a:1" })).toEqual([
    'command line: error: --mode is not known here: "stream"; did you mean "tcp"?',
  ]);
  expect(told({ mode: "smtp", to: "a:1" })[0]).toContain('--mode must be one of "http", "tcp", "udp", not "smtp"');
  expect(told({ mode: "udp", listen: "unix:/a", to: "unix:/b" })).toEqual([
    "command line: error: --listen must be a port in mode udp: datagrams are not taken from unix sockets",
    "command line: error: --to must be host:port: datagrams are not sent to unix sockets",
  ]);
});

test("TLS is for a config file, and whoever asks for it here is told so", () => {
  expect(told({ to: "https://app" })).toEqual([
    'command line: error: --to must be host:port without a scheme: write "app:443" instead of "https://app"; TLS towards servers is said in a config file, by tls: true in the pool',
  ]);
  expect(told({ mode: "https", to: "a:1" })).toEqual([
    'command line: error: --mode is not known here: "https"; write "http"; TLS is said in a config file, by tls in the listener',
  ]);
});
