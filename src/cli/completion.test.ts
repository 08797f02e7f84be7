import { expect, test } from "bun:test";
import { Command } from "commander";
import { addCompletion } from "./completion.ts";

async function run(words: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
  let [code, out] = [-1, ""];
  const program = new Command("sluice").exitOverride();
  const writer = { out: (text: string) => void (out += `${text}\n`), err: () => {} };
  addCompletion(program, writer, (ended) => void (code = ended));
  await program.parseAsync(["bun", "sluice", ...words]);
  return { code, out };
}

test("each shell has its script, which says where to put it", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, out } = await run(["completion", shell]);
    expect([shell, code]).toEqual([shell, 0]);
    expect(out).toContain(`sluice completion ${shell}`);
  }
});

test("names that nobody knows are none, and no error where no Sluice runs", async () => {
  const former = process.env["SLUICE_ADMIN"];
  process.env["SLUICE_ADMIN"] = "unix:/nowhere/sluice.sock";
  try {
    expect(await run(["completion", "names", "servers"])).toEqual({ code: 0, out: "" });
    expect(await run(["completion", "names", "dogs"])).toEqual({ code: 2, out: "" });
  } finally {
    if (former === undefined) delete process.env["SLUICE_ADMIN"];
    else process.env["SLUICE_ADMIN"] = former;
  }
});
