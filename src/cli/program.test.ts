// The command line as its users meet it: the real program in processes of its own, on free ports of loopback.

import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../test/e2e/harness/port.ts";
import type { Status } from "../control/status.ts";
import { buildProgram, helpOf, plainError, withCommand } from "./program.ts";

// Each starts processes, one of them several times, which a busy machine gives little time.
setDefaultTimeout(60_000);

const main = join(import.meta.dir, "..", "main.ts");
const running: Bun.Subprocess[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const child of running.splice(0)) {
    child.kill("SIGKILL");
    await child.exited;
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A command that ends by itself. */
async function sluice(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = Bun.spawn([process.execPath, main, ...words], { stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, out, err };
}

/** A Sluice that has said that it runs. */
async function started(...words: string[]) {
  const child = Bun.spawn([process.execPath, main, ...words], { stdout: "ignore", stderr: "pipe" });
  running.push(child);
  let said = "";
  const reader = child.stderr.getReader();
  const decoder = new TextDecoder();
  const until = async (text: string): Promise<void> => {
    while (!said.includes(text)) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`it ended before it said ${text}: ${said}`);
      said += decoder.decode(value);
    }
  };
  return { child, until, said: () => said };
}

test("options alone are the demo's, or run's where they say what to run", () => {
  expect(withCommand([])).toEqual(["demo"]);
  expect(withCommand(["--listen", ":9000"])).toEqual(["demo", "--listen", ":9000"]);
  expect(withCommand(["--listen", ":9000", "--to", "a:1"])).toEqual(["run", "--listen", ":9000", "--to", "a:1"]);
  expect(withCommand(["-c", "x.toml"])).toEqual(["run", "-c", "x.toml"]);
  expect(withCommand(["--help"])).toEqual(["--help"]);
  expect(withCommand(["status", "--json"])).toEqual(["status", "--json"]);
});

test("help of what is no command says so", () => {
  const program = buildProgram(() => {});
  expect(helpOf(program, ["help", "drian"])).toEqual(["drian"]);
  for (const words of [
    ["drian", "--help"],
    ["drian", "x", "-h"],
  ])
    expect(helpOf(program, words)).toEqual(["drian"]);
  const others = [["drain", "--help"], ["table", "-h"], ["--help"], ["help", "--help"], ["explain", "/", "-h"]];
  for (const words of [["help"], ["help", "drain"], ["help", "help"], ["drian"], ...others])
    expect(helpOf(program, words)).toEqual(words);
});

test("words of other programs are told with what they are here", () => {
  for (const [word, here] of [
    ["start", "sluice run"],
    ["validate", "sluice check"],
    ["stop", "SIGTERM"],
  ] as const) {
    const told = plainError(`error: unknown command '${word}'\n(Did you mean top?)\n`);
    expect(told).toStartWith(`error: unknown command '${word}'\n(`);
    expect(told).toContain(here);
    expect(told).not.toContain("Did you mean");
  }
  const other = "error: unknown command 'statsu'\n(Did you mean status?)\n";
  expect(plainError(other)).toBe(other);
});

test("what is not understood is exit code 2, with the word that was meant", async () => {
  const [command, option, nothing, server] = await Promise.all([
    sluice("statsu"),
    sluice("run", "--lisen", "x"),
    sluice("run"),
    sluice("drain", "app"),
  ]);
  expect([command.code, option.code, nothing.code, server.code]).toEqual([2, 2, 2, 2]);
  expect(command.err).toContain("Did you mean status?");
  expect(option.err).toContain("Did you mean --listen?");
  expect(nothing.err).toContain("say what to run");
  expect(server.err).toContain(
    'error: server "app": it must be pool/host:port, as `sluice status` shows it; of a pool, name each server',
  );
});

test("run takes a config by its name alone, and a mistyped option is answered with the help of its command", async () => {
  const [file, twice, table] = await Promise.all([
    sluice("run", "/nowhere.yaml"),
    sluice("run", "/nowhere.yaml", "-c", "/elsewhere.yaml"),
    sluice("table", "show", "x", "--al"),
  ]);
  expect([file.code, twice.code, table.code]).toEqual([2, 2, 2]);
  expect(file.err).toContain("/nowhere.yaml: error: there is no such file");
  expect(twice.err).toContain("name one config");
  expect(table.err).toContain("(sluice table show --help lists its options)");
});

test("what an option must be is told: in its help, and when it is something else", async () => {
  const [ban, backtest] = await Promise.all([
    sluice("egress", "ban", "--help"),
    sluice("backtest", "web/limit", "access.log", "--top", "10000000"),
  ]);
  expect(ban.out).toMatch(/--reason <text> .*\(required\)/);
  expect(backtest.err).toContain('error: --top <number> "10000000": it must be a whole number from 1 to 9999999.');
});

test("help and version are on stdout with exit code 0", async () => {
  const [help, version] = await Promise.all([sluice("--help"), sluice("version")]);
  expect([help.code, version.code]).toEqual([0, 0]);
  expect(version.out).toMatch(/^sluice \d+\.\d+\.\d+ \(bun /);
  const fields = JSON.parse((await sluice("version", "--json")).out) as Record<string, string>;
  expect(`sluice ${fields["version"]} (bun ${fields["bun"]}, ${fields["platform"]}-${fields["arch"]})`).toBe(
    version.out.trim(),
  );
  expect(help.out).toMatchSnapshot();
});

test("run, status, drain, enable, reload, and a clean end at SIGTERM", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-cli-"));
  folders.push(folder);
  const origin = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("from the origin") });
  const [port, adminPort] = [freePort(), freePort()];
  const admin = `127.0.0.1:${adminPort}`;
  const file = join(folder, "sluice.json");
  const config = {
    workers: 1,
    admin: { listen: admin },
    listeners: { web: { listen: `127.0.0.1:${port}`, use: "app" } },
    pools: { app: { servers: [`127.0.0.1:${origin.port}`], check: { http: "/" } } },
  };
  writeFileSync(file, JSON.stringify(config));
  const { child, until } = await started("run", "-c", file);
  await until("started");
  const server = `app/127.0.0.1:${origin.port}`;
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("from the origin");

  const status = await sluice("status", "-c", file, "--json");
  expect((JSON.parse(status.out) as Status).pools[0]!.servers[0]).toMatchObject({ state: "up", requests: 1 });
  expect((await sluice("drain", server, "--admin", admin)).code).toBe(0);
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(503);
  expect((await sluice("enable", server, "--admin", admin)).code).toBe(0);
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);

  writeFileSync(file, JSON.stringify({ ...config, pools: { app: { servers: "none" } } }));
  const refused = await sluice("reload", "--admin", admin);
  expect(refused.code).toBe(1);
  expect(refused.err).toContain("plan 1 stays in force");
  writeFileSync(file, JSON.stringify(config));
  child.kill("SIGHUP");
  await until("plan 2 is in force");

  child.kill("SIGTERM");
  expect(await child.exited).toBe(0);
  await origin.stop(true);
});

test("a rule's mode and a server's weight are set, and who asked for it is told", async () => {
  const admin = `127.0.0.1:${freePort()}`;
  const folder = mkdtempSync(join(tmpdir(), "sluice-cli-"));
  folders.push(folder);
  const file = join(folder, "sluice.json");
  const rules = [{ name: "everything", log: "it came" }];
  const listeners = { web: { listen: `127.0.0.1:${freePort()}`, use: "app", rules } };
  const config = { workers: 1, admin: { listen: admin }, listeners, pools: { app: { servers: ["127.0.0.1:9"] } } };
  writeFileSync(file, JSON.stringify(config));
  const { until } = await started("run", "-c", file);
  await until("started");
  expect((await sluice("weight", "app/127.0.0.1:9", "3", "--admin", admin)).code).toBe(0);
  expect((await sluice("rules", "observe", "everything", "--admin", admin)).code).toBe(0);
  const [listed, asked, changed] = await Promise.all([
    sluice("rules", "--admin", admin, "--json"),
    sluice("audit", "--admin", admin),
    sluice("changes", "--admin", admin),
  ]);
  expect(JSON.parse(listed.out)).toMatchObject({
    rules: [{ name: "everything", mode: "observe", configuredMode: "enforce" }],
  });
  expect(asked.out).toMatch(/rules%5B0%5D.*"weight":3/s);
  expect(changed.out).toContain("server app/127.0.0.1:9 has weight 3, formerly 1");
});

test("a second signal ends at once what the first one lets finish", async () => {
  const origin = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Promise<Response>(() => {}) });
  const port = freePort();
  const { child, until } = await started(
    ...["run", "--listen", `127.0.0.1:${port}`, "--to", `127.0.0.1:${origin.port}`],
    ...["--workers", "1", "--admin", `127.0.0.1:${freePort()}`],
  );
  await until("started");
  const cut = fetch(`http://127.0.0.1:${port}/`).then(
    () => "answered",
    () => "cut",
  );
  while (origin.pendingRequests === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  child.kill("SIGINT");
  await until("draining");
  // Signals within half a second count as one, so they are repeated until the second is taken for one of its own.
  const again = setInterval(() => child.kill("SIGINT"), 100);
  expect(await child.exited).toBe(1);
  clearInterval(again);
  expect(await cut).toBe("cut");
  await origin.stop(true);
});

test("the demo runs with three servers, each of which says who it is", async () => {
  const [port, adminPort] = [freePort(), freePort()];
  const { child, until, said } = await started("--listen", `127.0.0.1:${port}`, "--admin", `127.0.0.1:${adminPort}`);
  await until("Ctrl-C ends it");
  const answers = new Set<string>();
  for (let n = 0; n < 3; n++) answers.add((await (await fetch(`http://127.0.0.1:${port}/`)).text()).slice(0, 19));
  expect([...answers].toSorted()).toEqual(["Hello from server 1", "Hello from server 2", "Hello from server 3"]);
  expect(said()).toContain(`curl http://127.0.0.1:${port}/headers`);
  expect(said()).toContain(`  console  http://127.0.0.1:${adminPort}\n`);
  const second = await sluice("--listen", `127.0.0.1:${port}`);
  expect(second.code).toBe(1);
  expect(second.err).toContain(`cannot listen on 127.0.0.1:${port}: the address is in use`);
  expect(second.err).toContain("choose others:");
  child.kill("SIGTERM");
  expect(await child.exited).toBe(0);
});
