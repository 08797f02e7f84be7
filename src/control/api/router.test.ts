import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { json } from "./answer.ts";
import { type Operation, operation, wordedOperation } from "./operation.ts";
import { Router } from "./router.ts";

const said = { 200: { description: "What was asked." } };
const query = z.strictObject({
  limit: z.coerce.number().int().min(1).max(10).default(5),
  sort: z.enum(["name", "age"]).exactOptional(),
  host: z.string().exactOptional(),
});
const body = z.strictObject({ weight: z.int().min(0).max(256), by: z.string().exactOptional() });

const operations: readonly Operation[] = [
  operation({
    ...{ id: "list", method: "GET", path: "/things", summary: "", tag: "", answers: said, query },
    handle: (call) => json(200, call.query),
  }),
  operation({
    ...{ id: "set", method: "PATCH", path: "/things/{name}", summary: "", tag: "", answers: said, body },
    handle: ({ params, body: asked, actor, peer }) => json(200, { params, asked, actor, peer }),
  }),
  operation({
    ...{ id: "one", method: "GET", path: "/things/{name}", summary: "", tag: "", answers: said },
    handle: ({ params }) => json(200, params),
  }),
  operation({
    ...{ id: "renew", method: "POST", path: "/things/renew", summary: "", tag: "", answers: said },
    handle: () => json(200, {}),
  }),
  operation({
    ...{ id: "patch", method: "PATCH", path: "/config", summary: "", tag: "", answers: said },
    ...{ bodyTypes: ["application/merge-patch+json"], bodyBytesMax: 100_000, body: z.unknown() },
    handle: (call) => json(200, { asked: call.body }),
  }),
  wordedOperation({
    ...{ id: "worded", method: "POST", path: "/worded", summary: "", tag: "", answers: said, body: body.optional() },
    handle: (call) => json(200, { body: call.body, where: call.query.getAll("where") }),
  }),
];
const router = new Router(operations);

async function ask(method: string, path: string, init: RequestInit = {}) {
  const request = new Request(`http://a${path}`, { method, ...init });
  const found = router.find(method, new URL(request.url).pathname);
  const response =
    found === null
      ? router.missing(new URL(request.url).pathname)
      : found.kind === "refused"
        ? found.answer
        : (await router.answer(request, found, "192.0.2.1")).response;
  return {
    status: response.status,
    allow: response.headers.get("allow"),
    told: (await response.json()) as { error?: string },
  };
}

describe("a query", () => {
  test("is read as the schema says, with what is usual filled in", async () => {
    expect((await ask("GET", "/things")).told as unknown).toEqual({ limit: 5 });
    expect((await ask("HEAD", "/things?limit=7&sort=age&host=a")).told as unknown).toEqual({
      limit: 7,
      sort: "age",
      host: "a",
    });
  });

  test.each([
    ["limit=x", "limit must be a whole number from 1 to 10"],
    ["limit=0", "limit must be a whole number from 1 to 10"],
    ["limit=1.5", "limit must be a whole number from 1 to 10"],
    ["sort=size", "sort must be one of name, age"],
    ["limt=3", 'there is no parameter limt; did you mean "limit"?'],
    ["host=a&host=b", "host must be there once, not 2 times"],
  ])("%s is refused: %s", async (text, error) => {
    expect(await ask("GET", `/things?${text}`)).toMatchObject({ status: 400, told: { error } });
  });

  test("of an operation that takes none is refused", async () => {
    expect(await ask("GET", "/things/a?x=1")).toMatchObject({
      status: 400,
      told: { error: "there is no parameter x" },
    });
  });
});

describe("a body", () => {
  const send = (text: string, headers: Record<string, string> = {}) =>
    ask("PATCH", "/things/a%2Fb", { body: text, headers });

  test("is read as the schema says; who asks is `by`, or Sluice-Actor, or the peer", async () => {
    expect((await send('{"weight":5,"by":"ann"}', { "sluice-actor": "bob" })).told as unknown).toEqual({
      ...{ params: { name: "a/b" }, asked: { weight: 5, by: "ann" } },
      ...{ actor: "ann", peer: "192.0.2.1" },
    });
    expect((await send('{"weight":5}', { "sluice-actor": " bob " })).told).toMatchObject({ actor: "bob" });
    expect((await send('{"weight":5}')).told).toMatchObject({ actor: "192.0.2.1" });
    for (const [field, actor] of [
      [encodeURIComponent("Жанна д’Арк"), "Жанна д’Арк"],
      ["100%", "100%"],
      ["%D0", "%D0"],
      ["a%0Ab%E2%80%AE", "a b"],
    ] as const)
      expect((await send('{"weight":5}', { "sluice-actor": field })).told).toMatchObject({ actor });
    expect((await send('{"weight":5,"by":"a%20b"}')).told).toMatchObject({ actor: "a%20b" });
  });

  test.each([
    ["", 400, "the body must be a JSON object"],
    ["[]", 400, "the body must be a JSON object"],
    ['{"weight"', 400, "the body must be a JSON object"],
    ['{"weight":300}', 422, "weight must be a whole number from 0 to 256"],
    ['{"weight":"5"}', 422, "weight must be a whole number from 0 to 256"],
    ['{"weight":5,"wait":1}', 422, 'the key "wait" is not known; there is weight, by'],
    ['{"weight":5,"__proto__":{"weight":6}}', 422, "__proto__ is not a known key"],
    [`"${"x".repeat(65_536)}"`, 413, "the body must have at most 65536 bytes"],
  ])("%j is refused with %d", async (text, status, error) => {
    const answer = await send(text);
    expect([answer.status, answer.told.error]).toEqual([status, error]);
  });

  test("that is nested too deep is refused before anybody walks it, and one without a length is read no further than it may be", async () => {
    const deep = await send(`{"weight":${"[".repeat(10_000)}${"]".repeat(10_000)}}`);
    expect([deep.status, deep.told.error]).toEqual([400, "the body must not be nested more than 100 deep"]);
    let parts = 0;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (++parts > 100) controller.close();
        else controller.enqueue(new Uint8Array(65_536).fill(32));
      },
    });
    expect((await ask("PATCH", "/things/a", { body, headers: { "content-type": "application/json" } })).status).toBe(
      413,
    );
    expect(parts).toBeLessThan(10);
  });

  test("of a type that is not taken is refused, and of one that is may be any JSON, as large as the operation takes it", async () => {
    const wrong = await ask("PATCH", "/config", { body: "{}" });
    expect([wrong.status, wrong.told.error]).toEqual([415, "Content-Type must be application/merge-patch+json"]);
    const headers = { "content-type": "application/merge-patch+json; charset=utf-8" };
    const long = JSON.stringify(["x".repeat(70_000)]);
    expect((await ask("PATCH", "/config", { body: long, headers })).status).toBe(200);
  });

  test("that may be absent is nothing then, and a worded operation reads it itself", async () => {
    const worded = await ask("POST", "/worded?where=a&where=b");
    expect(worded.told as unknown).toEqual({ body: {}, where: ["a", "b"] });
    expect((await ask("POST", "/worded", { body: '{"wrong":1}' })).told as unknown).toMatchObject({
      body: { wrong: 1 },
    });
  });
});

describe("a path", () => {
  test("with another method is refused with those that there are", async () => {
    expect(await ask("DELETE", "/things/a")).toMatchObject({ status: 405, allow: "PATCH, GET, HEAD" });
  });

  test("of its own is no name of something else", async () => {
    expect(await ask("GET", "/things/renew")).toMatchObject({ status: 405, allow: "POST" });
    expect(await ask("GET", "/things/renewed")).toMatchObject({ status: 200 });
  });

  test("may end in a slash", async () => {
    expect((await ask("GET", "/things/")).told as unknown).toEqual({ limit: 5 });
  });

  test("that is not percent-encoded as it should be is refused", async () => {
    expect(await ask("GET", "/things/%ff")).toMatchObject({ status: 400 });
  });

  test("that nothing stands at is refused with the nearest", async () => {
    expect((await ask("GET", "/thing/abc")).told.error).toBe(
      "there is nothing at /thing/abc; did you mean /things/abc? GET /api lists what there is",
    );
    expect((await ask("GET", "/elsewhere")).told.error).toBe(
      "there is nothing at /elsewhere; GET /api lists what there is",
    );
  });
});

test("two operations cannot have one method and path", () => {
  expect(() => new Router([operations[0]!, operations[0]!])).toThrow("two operations answer GET /things");
});
