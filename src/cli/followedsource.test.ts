import { expect, test } from "bun:test";
import type { Loaded } from "../config/load.ts";
import type { Problem } from "../config/problem.ts";
import { FollowedSource } from "./followedsource.ts";

/** "key": a warning, "key!": an error; each load has its own, and stands on lines of its own. */
function followed(...loads: readonly (readonly string[])[]): FollowedSource {
  let count = 0;
  const load = async (): Promise<Loaded> => {
    const line = ++count;
    const problems = loads[line - 1]!.map((key): Problem => {
      const severity = key.endsWith("!") ? "error" : "warning";
      return { severity, file: "cfg.toml", place: { line, column: 1 }, key, message: "is approximated", source: "" };
    });
    const isBad = problems.some(({ severity }) => severity === "error");
    if (isBad) return { ok: false, file: "cfg.toml", problems, isRead: true };
    return { ok: true, file: "cfg.toml", warnings: problems } as unknown as Loaded; // Nothing else of it is looked at.
  };
  return new FollowedSource({ path: "cfg.toml", load });
}

async function told(loading: Promise<Loaded>): Promise<string> {
  const loaded = await loading;
  return (loaded.ok ? loaded.warnings : loaded.problems).map(({ key }) => key).join(" ");
}

function saved(source: FollowedSource): Promise<string> {
  return new Promise((resolve) => source.saved(() => resolve(told(source.load()))));
}

test("at a save what was warned of before is not said again, wherever it stands now; what is new is", async () => {
  const source = followed(["a", "b"], ["a", "b"], ["b", "c"], ["a", "b", "c"]);
  expect(await told(source.load())).toBe("a b");
  expect(await saved(source)).toBe("");
  expect(await saved(source)).toBe("c");
  // It was gone meanwhile.
  expect(await saved(source)).toBe("a");
});

test("errors are said at each save, and warnings from before them are not said again behind them", async () => {
  const source = followed(["a"], ["x!", "b"], ["x!", "b"], ["a", "b"]);
  expect(await told(source.load())).toBe("a");
  expect(await saved(source)).toBe("x! b");
  expect(await saved(source)).toBe("x!");
  expect(await saved(source)).toBe("");
});

test("who asks for a reload is told everything, also when a save has come to nothing before", async () => {
  const source = followed(["a"], ["a"], ["a"]);
  expect(await told(source.load())).toBe("a");
  source.saved(() => {});
  expect(await told(source.load())).toBe("a");
  expect(await told(source.load())).toBe("a");
});
