import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodingFault } from "./encoding.ts";
import { loadConfig } from "./load.ts";
import { formatProblem } from "./problem.ts";

test("UTF-8 is none, with or without a mark, and whatever it says", () => {
  for (const text of ["", "a: 1\n", "\ufeffa: é\n", "größe: 😀\r\nb: \ufffd"])
    expect(encodingFault(Buffer.from(text))).toBeNull();
});

test("another byte is told with its place and its line", () => {
  expect(encodingFault(Buffer.from("a: 1\r\n  name: Caf\xe9 Roy\xe1l\r\nb: 2\n", "latin1"))).toEqual({
    place: { line: 2, column: 12 },
    message: "the file is not in UTF-8: here is the byte 0xE9",
    source: "  name: Caf\ufffd Roy\ufffdl",
  });
  // What comes before it on its line is counted in characters, and one that is cut off is none.
  const cut = Buffer.concat([Buffer.from("é: 😀"), Buffer.from([0xf0, 0x9f])]);
  expect(encodingFault(cut)).toMatchObject({ place: { line: 1, column: 6 }, message: expect.stringContaining("0xF0") });
});

test("a line in which it does no harm is passed over, and the next one is not", () => {
  const text = Buffer.from("# Caf\xe9\nuser Ren\xe9\n", "latin1");
  expect(encodingFault(text, (line) => line.startsWith("#"))?.place).toEqual({ line: 2, column: 9 });
  expect(encodingFault(text.subarray(0, 7), (line) => line.startsWith("#"))).toBeNull();
});

test("UTF-16 is told as what it is, with its mark and without", () => {
  const wide = Buffer.from("a: 1\n", "utf16le");
  for (const bytes of [Buffer.concat([Buffer.from([0xff, 0xfe]), wide]), wide, Buffer.from(wide).swap16()])
    expect(encodingFault(bytes)).toEqual({
      place: null,
      message: "the file is in UTF-16; save it in UTF-8",
      source: null,
    });
});

test("a config of which bytes would be lost is not loaded, and a comment of another program's is no matter", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-encoding-"));
  const told = async (name: string, text: string): Promise<string[]> => {
    const path = join(folder, name);
    writeFileSync(path, Buffer.from(text, "latin1"));
    const loaded = await loadConfig(path);
    return loaded.ok ? [] : loaded.problems.map((each) => formatProblem(each).replace(folder, ""));
  };
  try {
    expect(await told("sluice.yaml", 'listeners: { "caf\xe9": { listen: ":1", use: app } }\n')).toEqual([
      '/sluice.yaml:1:18: error: the file is not in UTF-8: here is the byte 0xE9\n  1 | listeners: { "caf\ufffd": { listen: ":1", use: app } }\n    |                  ^',
    ]);
    const cfg =
      "# Caf\xe9\nfrontend web\n  mode http\n  bind :1\n  default_backend app\nbackend app\n  server a 10.0.0.1:80\n";
    expect((await told("haproxy.cfg", cfg)).filter((each) => each.includes("UTF-8"))).toEqual([]);
    const behind = cfg.replace("bind :1", 'bind :1 # "d\xe9j\xe0').replace("mode http", "mode http  #\xe9");
    expect((await told("haproxy.cfg", behind)).filter((each) => each.includes("UTF-8"))).toEqual([]);
    expect((await told("haproxy.cfg", cfg.replace("bind :1", 'bind :1 "#\xe9"'))).join()).toContain("UTF-8");
    expect((await told("haproxy.cfg", cfg.replace("web", "w\xe9b")))[0]).toContain(
      "/haproxy.cfg:2:11: error: the file is",
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
