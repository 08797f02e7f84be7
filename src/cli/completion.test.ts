import { expect, test } from "bun:test";
import { Command } from "commander";
import { endPlayed, played } from "../../test/adminplay.ts";
import { addCompletion } from "./completion.ts";

async function run(words: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
  let [code, out] = [-1, ""];
  const program = new Command("sluice").exitOverride();
  const writer = { out: (text: string) => void (out += `${text}\n`), err: () => {}, note: () => {} };
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

test("rules are named by their names, or by their places where several have one name", async () => {
  const former = process.env["SLUICE_ADMIN"];
  const rules = [
    { id: "listeners.web.rules[0]", name: "limit" },
    { id: "listeners.web.rules[1]", name: "twice" },
    { id: "pools.app.rules[0]", name: "twice" },
  ];
  const { options } = played({ "GET /rules": [[200, { rules }]] });
  process.env["SLUICE_ADMIN"] = options.admin;
  try {
    expect((await run(["completion", "names", "rules"])).out.split("\n")).toEqual([
      ...["limit", "listeners.web.rules[1]", "pools.app.rules[0]", ""],
    ]);
  } finally {
    await endPlayed();
    if (former === undefined) delete process.env["SLUICE_ADMIN"];
    else process.env["SLUICE_ADMIN"] = former;
  }
});
