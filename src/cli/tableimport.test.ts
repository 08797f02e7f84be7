import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tableImport } from "./tableimport.ts";

interface Told {
  readonly groups: readonly { readonly key: string; readonly values: Record<string, number> }[][];
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function imported(content: string, name = "seen"): Promise<Told> {
  const groups: { key: string; values: Record<string, number> }[][] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => {
      if (request.method === "GET")
        return Response.json({ tables: [{ name: "seen", store: ["gpc(2)", "conn_rate(10s)"] }] });
      const { entries } = (await request.json()) as { entries: (typeof groups)[number] };
      groups.push(entries);
      return Response.json({ table: "seen", set: entries.length, refused: 0, problems: [] });
    },
  });
  const folder = mkdtempSync(join(tmpdir(), "sluice-import-"));
  try {
    const path = join(folder, "dump");
    writeFileSync(path, content);
    let [out, err] = ["", ""];
    const writer = {
      out: (text: string) => void (out += `${text}\n`),
      err: (text: string) => void (err += `${text}\n`),
      note: (text: string) => void (err += `${text}\n`),
    };
    const code = await tableImport(name, path, { admin: `127.0.0.1:${server.port}` }, writer);
    return { groups, code, out, err };
  } finally {
    rmSync(folder, { recursive: true });
    await server.stop(true);
  }
}

test("only what the table stores is set, in groups, and the rest is told once", async () => {
  const lines = Array.from(
    { length: 2500 },
    (_, at) => `0x1: key=k${at} use=0 exp=9 gpc0=1 gpc1=2 conn_rate(30000)=3 gpt0=4`,
  );
  const { groups, code, out, err } = await imported(["# table: seen, type: string", ...lines].join("\n"));
  expect(groups.map(({ length }) => length)).toEqual([1000, 1000, 500]);
  expect(groups[0]![0]).toEqual({ key: "k0", values: { gpc0: 1, gpc1: 2, conn_rate: 3 } });
  expect([code, out, err]).toEqual([0, "set 2500 entries of seen\n", "not stored by seen, and left out: gpt0\n"]);
});

test("a file without entries is no table, and a table that is not there is told with those that are", async () => {
  expect(await imported("hello\n")).toMatchObject({
    code: 2,
    err: expect.stringContaining("has no entries: it must be"),
  });
  for (const strange of ["", "[7]", '{"entries":[{}]}', "# table: other\n", "# table: seen\nhello\n"])
    expect([strange, (await imported(strange)).code]).toEqual([strange, 2]);
  expect(await imported("", "sen")).toMatchObject({ code: 1, err: "sluice: there is no table sen; there is seen\n" });
});

test("a table in which nobody stands is one: nothing is set, and that is all right", async () => {
  for (const empty of ["[]", '{"table":"seen","entries":[]}\n', "# table: seen, type: string, size:100, used:0\n"])
    expect([empty, await imported(empty)]).toEqual([
      empty,
      { groups: [], code: 0, out: "set 0 entries of seen\n", err: "" },
    ]);
});
