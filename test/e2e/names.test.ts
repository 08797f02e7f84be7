// Names that no name server answers for, in a network of their own whose name server is silent: how many are looked up at once by control
// and by a worker, which is as many threads as they hold, and that servers are found in a file meanwhile.

import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repository } from "./harness/sluice.ts";

setDefaultTimeout(40_000);

const setUp = 'mount --bind "$1/resolv.conf" /etc/resolv.conf && ip link set lo up && exec "$0" "$2" "$1" "$3"';
const prefix = ["unshare", "-rnm", "sh", "-c", setUp];

const program = `
  import { readdirSync, readFileSync, writeFileSync } from "node:fs";
  const [folder, main] = process.argv.slice(2);
  // It takes every question and says nothing.
  await Bun.udpSocket({ hostname: "127.0.0.1", port: 53, socket: { data: () => {} } });
  const origin = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("found") });
  const child = Bun.spawn([process.execPath, main, "run", folder + "/sluice.yaml"], { stdio: ["ignore", "ignore", "ignore"] });
  const until = async (ask) => {
    for (const deadline = performance.now() + 8_000; performance.now() < deadline; await Bun.sleep(20)) if (await ask()) return true;
    return false;
  };
  const body = (url, proxy) => fetch(url, proxy === undefined ? {} : { proxy }).then((answer) => answer.text(), () => "");
  const threads = (pid) =>
    readdirSync("/proc/" + pid + "/task").filter((id) => readFileSync("/proc/" + pid + "/task/" + id + "/comm", "utf8").startsWith("Bun Pool")).length;
  const isReady = await until(() => fetch("http://127.0.0.1:8001/readyz").then(({ ok }) => ok, () => false));
  const worker = readFileSync("/proc/" + child.pid + "/task/" + child.pid + "/children", "utf8").trim().split(" ")[0];
  writeFileSync(folder + "/dead.txt", Array.from({ length: 40 }, (_, at) => "dead" + at + ".example:80\\n").join(""));
  const control = await until(() => threads(child.pid) >= 16);
  writeFileSync(folder + "/found.txt", "127.0.0.1:" + origin.port + "\\n");
  const began = performance.now();
  const isFound = await until(async () => (await body("http://127.0.0.1:8002/")) === "found");
  const foundMs = performance.now() - began;
  for (let at = 0; at < 8; at++) void body("http://name" + at + ".example/", "http://127.0.0.1:8003");
  const data = await until(() => threads(worker) >= 8);
  child.kill("SIGKILL");
  process.kill(Number(worker), "SIGKILL");
  console.log(JSON.stringify({ isReady, control, isFound, foundMs, data }));
  process.exit();
`;

const isPossible = process.platform === "linux" && Bun.spawnSync(["unshare", "-rnm", "true"]).exitCode === 0;

test.skipIf(!isPossible)("names that nobody answers for leave threads for everything else", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-names-"));
  try {
    writeFileSync(join(folder, "resolv.conf"), "nameserver 127.0.0.1\n");
    writeFileSync(join(folder, "dead.txt"), "");
    writeFileSync(join(folder, "found.txt"), "");
    writeFileSync(join(folder, "program.ts"), program);
    writeFileSync(
      join(folder, "sluice.yaml"),
      `
admin: { listen: "127.0.0.1:8001" }
listeners:
  web: { listen: "127.0.0.1:8002", use: found, rules: [ { if: "path == '/dead'", use: dead } ] }
  proxy: { listen: "127.0.0.1:8003", proxy: { private: true } }
pools:
  dead: { discover: { file: ${folder}/dead.txt } }
  found: { discover: { file: ${folder}/found.txt } }
workers: 1
`,
    );
    const words = [process.execPath, folder, join(folder, "program.ts"), join(repository, "src/main.ts")];
    const child = Bun.spawn([...prefix, ...words], {
      stdout: "pipe",
      stderr: "inherit",
    });
    const told = JSON.parse(await new Response(child.stdout).text()) as { foundMs: number };
    expect(told).toMatchObject({ isReady: true, control: true, isFound: true, data: true });
    expect(told.foundMs).toBeLessThan(4_000);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
