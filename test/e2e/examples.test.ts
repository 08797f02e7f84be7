// The examples are run as they stand, with only their addresses put in the place of this test's. Those for other machines
// (full.*) are no more than checked.

import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Client, get } from "./harness/client.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { ran } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { command, repository } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(30_000);
const folder = join(repository, "examples");
const names = readdirSync(folder).filter((name) => name !== "tsconfig.json");

for (const name of names.filter((each) => each.startsWith("full."))) {
  test(`examples/${name} is a good config`, async () => {
    const answer = await ran([...command, "check", join(folder, name)]);
    expect([answer.code, answer.err]).toEqual([0, ""]);
  });
}

for (const name of names.filter((each) => !each.startsWith("full."))) {
  test(`examples/${name} runs and serves`, async () => {
    await using room = new Room();
    const origins = [8081, 8082, 8083].map((port) => ({ port, origin: new Origin(room, () => ok("served")) }));
    const [port, adminPort] = [freePort(), freePort()];
    let text = readFileSync(join(folder, name), "utf8").replaceAll(":8080", `127.0.0.1:${port}`);
    for (const each of origins) text = text.replaceAll(`127.0.0.1:${each.port}`, each.origin.address);
    text = text.replaceAll("/tmp/", `${room.folder}/`);
    const isUnix = text.includes("unix:");
    const servers = ["app-1.sock", "app-2.sock"].map((socket) =>
      isUnix ? Bun.serve({ unix: room.path(socket), fetch: () => new Response("served") }) : null,
    );
    room.ending(() => Promise.all(servers.map((server) => server?.stop(true))));
    const path = room.write(name, withAdmin(name, text, adminPort));
    const child = Bun.spawn([...command, "run", "-c", path], { stdio: ["ignore", "ignore", "pipe"] });
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
    if (isUnix) {
      const answer = await fetch("http://localhost/", { unix: room.path("sluice.sock") });
      expect(await answer.text()).toBe("served");
      return;
    }
    const client = await Client.connect(room, port);
    await client.send(get("/")).saw("served");
  });
}

/** None of the examples for this machine says where the admin interface listens; each would take the same port. */
function withAdmin(name: string, text: string, port: number): string {
  const listen = `127.0.0.1:${port}`;
  if (name.endsWith(".toml")) return `admin.listen = "${listen}"\n${text}`;
  if (name.endsWith(".yaml")) return `${text}\nadmin: { listen: "${listen}" }\n`;
  if (name.endsWith(".json")) return JSON.stringify({ ...(JSON.parse(text) as object), admin: { listen } });
  return text.replace("defineConfig({", `defineConfig({\n  admin: { listen: "${listen}" },`);
}
