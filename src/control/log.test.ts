import { expect, test } from "bun:test";
import { openLog } from "./log.ts";

for (const format of ["json", "text"] as const)
  test(`a log in ${format} is spoken besides: severity, text and fields, without time and level`, () => {
    const spoken: [number, string][] = [];
    const lines: string[] = [];
    const log = openLog({
      ...{ level: "info", format, isColored: false, write: (line) => void lines.push(line) },
      speak: (severity, text, wallMs) => {
        expect(Math.abs(Date.now() - wallMs)).toBeLessThan(60_000);
        spoken.push([severity, text]);
      },
    });
    log.info({ pool: "app", server: "a b" }, "is up");
    log.warn("slow");
    log.error({ code: 5 }, "gone");
    log.debug("not written");
    expect(spoken).toEqual([
      [5, 'is up  pool=app server="a b"'],
      [4, "slow"],
      [3, "gone  code=5"],
    ]);
    expect(lines).toHaveLength(3);
  });
