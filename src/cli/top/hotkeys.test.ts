import { expect, test } from "bun:test";
import type { Remote } from "../client.ts";
import { columnOf, readHotKeys } from "./hotkeys.ts";

test("a rate says more than a count, and what counts nothing has none", () => {
  expect(columnOf(["gpc0", "conn_rate(10s)", "http_req_rate(10s)"])).toBe("http_req_rate");
  expect(columnOf(["gpc1"])).toBe("gpc1");
  expect(columnOf(["server_id", "gpt0"])).toBeNull();
});

test("the first of each table, and nothing where nobody answers", async () => {
  const asked: string[] = [];
  const remote: Remote = (_method, path) => {
    asked.push(path);
    const tables = [
      { name: "seen", entries: 3, store: ["gpc0_rate(1s)"] },
      { name: "empty", entries: 0, store: ["gpc0"] },
    ];
    const entries = [
      { key: "a", values: { "gpc0_rate(1s)": 7 } },
      { key: "b", values: { "gpc0_rate(1s)": 0 } },
    ];
    return Promise.resolve({ ok: true, status: 200, body: path === "/api/v1/tables" ? { tables } : { entries } });
  };
  expect(await readHotKeys(remote)).toEqual([{ table: "seen", key: "a", column: "gpc0_rate(1s)", value: 7 }]);
  expect(asked).toEqual(["/api/v1/tables", "/api/v1/tables/seen?sort=-gpc0_rate&limit=5"]);
  expect(await readHotKeys(() => Promise.resolve({ ok: false, message: "" }))).toBeNull();
});
