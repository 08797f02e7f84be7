// bin/sluice as its users start it: what becomes of what it has started when it is gone without a word, and that a config which names
// a package that is not there has nothing fetched.

import { expect, setDefaultTimeout } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { emptyRegistry } from "../emptyregistry.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { childrenOf, isAlive } from "./harness/processes.ts";
import { ran, testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { repository } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

testWith(["node"])("a proxy whose launcher is killed ends what is under way, and then itself", async () => {
  await using room = new Room();
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const origin = new Origin(room, async () => {
    asked.resolve();
    await answer.promise;
    return ok("whole");
  });
  const [port, adminPort] = [freePort(), freePort()];
  const words = ["run", "--listen", `127.0.0.1:${port}`, "--admin", `127.0.0.1:${adminPort}`, "--to", origin.address];
  const launcher = Bun.spawn(["node", join(repository, "bin/sluice"), ...words], {
    cwd: room.folder,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let control = 0;
  room.ending(async () => {
    launcher.kill("SIGKILL");
    await launcher.exited;
    if (control !== 0 && isAlive(control)) process.kill(control, "SIGKILL");
  });
  const isReady = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${adminPort}/readyz`).then(
      ({ ok: isOk }) => isOk,
      () => false,
    );
  await until("it to be ready", isReady);
  control = childrenOf(launcher.pid)[0]!;
  const response = fetch(`http://127.0.0.1:${port}/`);
  await asked.promise;
  launcher.kill("SIGKILL");
  await until("it to take no more", async () => !(await isReady()));
  answer.resolve();
  expect(await (await response).text()).toBe("whole");
  await until("it to end", () => !isAlive(control));
  expect(await new Response(launcher.stderr).text()).toContain("stopped cleanly");
});

testWith(["node"])("signals that ask for something while it starts do not end it", async () => {
  await using room = new Room();
  const admin = `127.0.0.1:${freePort()}`;
  const words = ["run", "--listen", `127.0.0.1:${freePort()}`, "--admin", admin, "--to", "127.0.0.1:1"];
  const launcher = Bun.spawn(["node", join(repository, "bin/sluice"), ...words], {
    cwd: room.folder,
    stdio: ["ignore", "ignore", "ignore"],
  });
  room.ending(async () => {
    launcher.kill("SIGTERM");
    await launcher.exited;
  });
  // Beside it there is the runtime that is asked for its version.
  const isStarted = (): boolean =>
    childrenOf(launcher.pid).some((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("src/main.ts"));
  await until("the runtime to be started", isStarted);
  // Without a config file SIGHUP means the end, so that it is not sent here.
  for (const signal of ["SIGUSR1", "SIGUSR2"] as const) launcher.kill(signal);
  await until("it to answer", async () => {
    expect([launcher.exitCode, launcher.signalCode]).toEqual([null, null]);
    return (await fetch(`http://${admin}/readyz`).catch(() => null)) !== null;
  });
});

testWith(["node"])("SIGUSR2, by which units of HAProxy reload, reaches the proxy and does not end it", async () => {
  await using room = new Room();
  const adminPort = freePort();
  const words = [
    "run",
    "--listen",
    `127.0.0.1:${freePort()}`,
    "--admin",
    `127.0.0.1:${adminPort}`,
    "--to",
    "127.0.0.1:9",
  ];
  const launcher = Bun.spawn(["node", join(repository, "bin/sluice"), ...words], {
    cwd: room.folder,
    stdio: ["ignore", "ignore", Bun.file(join(room.folder, "log"))],
  });
  room.ending(async () => {
    launcher.kill("SIGKILL");
    await launcher.exited;
  });
  const isReady = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${adminPort}/readyz`).then(
      ({ ok: isOk }) => isOk,
      () => false,
    );
  await until("it to be ready", isReady);
  launcher.kill("SIGUSR2");
  const said = (text: string) => async (): Promise<boolean> =>
    (await Bun.file(join(room.folder, "log")).text()).includes(text);
  await until("it to say so", said("SIGUSR2: there is no config file to load again"));
  expect(await isReady()).toBe(true);
  launcher.kill("SIGTERM");
  expect(await launcher.exited).toBe(0);
});

testWith(["node"])(
  "no package is fetched that a config imports and that is not there, by check nor by a worker",
  async () => {
    await using room = new Room();
    const registry = emptyRegistry();
    room.ending(() => registry.stop());
    const env = registry.env(room.path("cache"));
    const [port, adminPort] = [freePort(), freePort()];
    const path = room.path("sluice.config.ts");
    const write = (imports: string): void =>
      writeFileSync(
        path,
        `import { defineConfig } from "sluice";
       import { onRequest } from "./hooks.ts";
       ${imports}
       export default defineConfig({
         workers: 1,
         admin: { listen: "127.0.0.1:${adminPort}" },
         listeners: { web: { listen: "127.0.0.1:${port}", use: "app", onRequest } },
         pools: { app: { servers: ["127.0.0.1:1"] } },
       });`,
      );
    writeFileSync(room.path("later.ts"), 'export const said = "later";');
    writeFileSync(
      room.path("hooks.ts"),
      `export const onRequest = async (request: { path: string }) => {
       if (request.path === "/later") return new Response((await import("./later.ts")).said);
       const name = "is-mistyped";
       return new Response(await import(name).then(() => "fetched", (error) => error.message));
     };`,
    );
    const launched = ["node", join(repository, "bin/sluice")];
    write('import mistyped from "is-mistyped"; void mistyped;');
    const refused = await ran([...launched, "check", path], { env });
    expect(refused.err).toContain("Cannot find package 'is-mistyped'");
    expect(refused.code).toBe(1);
    write("");
    expect((await ran([...launched, "check", path], { env })).code).toBe(0);
    const running = Bun.spawn([...launched, "run", "-c", path], {
      cwd: room.folder,
      stdio: ["ignore", "ignore", "ignore"],
      env: { ...process.env, ...env },
    });
    room.ending(async () => {
      running.kill("SIGTERM");
      await running.exited;
    });
    const answer = (word: string): Promise<string> =>
      fetch(`http://127.0.0.1:${port}${word}`).then(
        (response) => response.text(),
        () => "",
      );
    await until("it to answer", async () => (await answer("/later")) !== "");
    expect(await answer("/later")).toBe("later");
    expect(await answer("/missing")).toContain("Cannot find package 'is-mistyped'");
    expect(registry.asked).toEqual([]);
  },
);
