import { expect, test } from "bun:test";
import { makePlan } from "../../../test/playbook/plan.ts";
import type { Explanation } from "../../flow/explanation.ts";
import { Arena } from "../../memory/arena.ts";
import type { StickTable } from "../../memory/sticktable.ts";
import { Explaining } from "../explaining.ts";
import { explainOperations } from "./explain.ts";
import { routesOfOperations } from "./router.ts";

const explaining = new Explaining({
  arena: Arena.inMemory(),
  workers: 1,
  cacheOf: () => null,
  tableOf: () => null as StickTable | null,
  lists: () => ({}),
  bans: () => null,
  sharedMs: () => 1000,
});
const routes = routesOfOperations(
  explainOperations(
    () => makePlan(),
    (plan) => explaining.circumstances(plan),
  ),
);

async function asked(body: string, method = "POST"): Promise<{ status: number; answer: Record<string, unknown> }> {
  const request = new Request("http://admin/api/v1/explain", method === "POST" ? { method, body } : { method });
  const response = (await routes(request, "/api/v1/explain"))!;
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
}

test("a question is answered with an explanation", async () => {
  const { status, answer } = await asked('{"url": "/x", "source": "192.0.2.1"}');
  expect(status).toBe(200);
  expect((answer as unknown as Explanation).subject).toEqual({
    listener: "web",
    mode: "http",
    client: "192.0.2.1",
    method: "GET",
    target: "/x",
    host: "localhost",
  });
});

test("what is no question is refused in a sentence", async () => {
  expect(await asked('{"url": 1}')).toEqual({
    status: 422,
    answer: { error: 'url must be a text such as "http://example.com/x"' },
  });
  expect((await asked("[]")).status).toBe(400);
  expect((await asked("", "GET")).status).toBe(405);
});

test("before there is a plan there is nothing to explain", async () => {
  const early = routesOfOperations(
    explainOperations(
      () => null,
      (plan) => explaining.circumstances(plan),
    ),
  );
  const response = await early(new Request("http://a/", { method: "POST", body: "{}" }), "/api/v1/explain")!;
  expect(response.status).toBe(503);
});

test("other paths are not its own", () => {
  expect(routes(new Request("http://a/"), "/api/v1/explained")).toBeNull();
});
