import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pageNames, root } from "./pages.ts";
import { mentionsIn, requestProblem } from "./requests.ts";

let count = 0;
for (const name of pageNames) {
  const mentions = mentionsIn(readFileSync(join(root, name), "utf8"));
  count += mentions.length;
  if (mentions.length > 0)
    test(`requests of the admin API in ${name} are operations of it`, () => {
      const problems = mentions
        .map((each) => [each.target, requestProblem(each)])
        .filter(([, problem]) => problem !== null);
      expect(problems).toEqual([]);
    });
}

test("there are requests to be looked at", () => expect(count).toBeGreaterThan(80));

test("a path that there is not, another method, and a parameter that is not taken are found", () => {
  const problem = (text: string): string | null => requestProblem(mentionsIn(text)[0]!);
  expect(problem("curl 'http://127.0.0.1:2112/api/v1/requests?failed=true&limit=20'")).toBeNull();
  expect(problem("`DELETE /api/v1/bans/203.0.113.0/24`.")).toBeNull();
  expect(problem("`POST /api/v1/bans/203.0.113.0`")).toContain("no operation is at POST");
  expect(problem("/api/v1/pools/app/server")).toContain("no operation");
  expect(problem("/api/v1/requests?faild=true")).toContain("takes no faild");
});
