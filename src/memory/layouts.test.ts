import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { layouts } from "./layouts.ts";

test("each file that has the version of a layout is in it", () => {
  const files = readdirSync(import.meta.dir, { recursive: true, encoding: "utf8" });
  const versions = files.flatMap((file) =>
    file.endsWith(".ts")
      ? [...readFileSync(join(import.meta.dir, file), "utf8").matchAll(/const \w*[vV]ersion(: \w+)? = (\d+);/g)]
      : [],
  );
  expect(Object.values(JSON.parse(layouts) as Record<string, number>).sort()).toEqual(
    versions.map(([, , version]) => Number(version)).sort(),
  );
});
