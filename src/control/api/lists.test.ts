import { expect, test } from "bun:test";
import type { ListStatus } from "../lists.ts";
import { type ListsAnswer, listOperations } from "./lists.ts";
import { routesOfOperations } from "./router.ts";

const office: ListStatus = {
  name: "office",
  kind: "address",
  entries: 2,
  file: "/etc/sluice/office.txt",
  loadedAtMs: Date.UTC(2026, 0, 1),
  problem: null,
  problemAtMs: null,
};
const paths: ListStatus = {
  ...office,
  name: "paths",
  kind: "text",
  file: null,
  problem: "paths.txt has a bad line:\npaths.txt:7: no",
  problemAtMs: Date.UTC(2026, 0, 2),
};

test("each list is told with its file, its time and what is wrong with it, line by line", async () => {
  const routes = routesOfOperations(listOperations(() => [office, paths]));
  const answer = await routes(new Request("http://a/api/v1/lists"), "/api/v1/lists")!;
  expect((await answer.json()) as ListsAnswer).toEqual({
    lists: [
      {
        ...{ name: "office", kind: "address", entries: 2, file: "/etc/sluice/office.txt" },
        ...{ loaded: "2026-01-01T00:00:00.000Z", problem: null },
      },
      {
        ...{ name: "paths", kind: "text", entries: 2, file: null, loaded: "2026-01-01T00:00:00.000Z" },
        problem: {
          since: "2026-01-02T00:00:00.000Z",
          lines: ["paths.txt has a bad line:", "paths.txt:7: no"],
        },
      },
    ],
  });
});

test("lists are only looked at, and other paths are not theirs", async () => {
  const routes = routesOfOperations(listOperations(() => []));
  const posted = await routes(new Request("http://a/api/v1/lists", { method: "POST" }), "/api/v1/lists")!;
  expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  expect(routes(new Request("http://a/api/v1/lists/x"), "/api/v1/lists/x")).toBeNull();
});
