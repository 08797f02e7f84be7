import { expect, test } from "bun:test";
import { join } from "node:path";
import { obeysSignals } from "./heldsignals.ts";

test("signals that came before are obeyed in their order, once, and later ones at once", async () => {
  const program = `
    import { holdSignals, obeyHeld } from ${JSON.stringify(join(import.meta.dir, "heldsignals.ts"))};
    const told = [];
    const came = (signal) => new Promise((resolve) => process.once(signal, () => setImmediate(resolve)));
    holdSignals();
    for (const signal of ["SIGUSR2", "SIGHUP"]) {
      const coming = came(signal);
      process.kill(process.pid, signal);
      await coming;
    }
    for (const signal of ["SIGHUP", "SIGUSR1", "SIGUSR2"]) process.on(signal, (name) => told.push(name));
    obeyHeld();
    told.push("obeyed");
    const coming = came("SIGHUP");
    process.kill(process.pid, "SIGHUP");
    await coming;
    console.log(JSON.stringify(told));
    process.exit(0);
  `;
  const child = Bun.spawn([process.execPath, "-e", program], { stdout: "pipe" });
  expect(JSON.parse(await new Response(child.stdout).text())).toEqual(["SIGUSR2", "SIGHUP", "obeyed", "SIGHUP"]);
});

test("commands that end by themselves are ended by signals as ever", () => {
  for (const words of [[], ["-c", "a.yaml"], ["run", "--to", "a:1"], ["goproxy"]])
    expect(obeysSignals(words)).toBe(true);
  for (const words of [["status"], ["tail"], ["sentinel"], ["check", "run"]]) expect(obeysSignals(words)).toBe(false);
});
