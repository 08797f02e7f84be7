import { expect, test } from "bun:test";
import { testHook } from "./hook.ts";

test("an onRequest that edits shows what the server got", async () => {
  const outcome = await testHook(
    {
      onRequest: (request) => {
        request.headers.set("x-user", "7");
        request.path = `/v2${request.path}`;
      },
    },
    "GET /items?a=1",
    { response: { body: "ok" } },
  );
  expect(outcome).toMatchObject({ status: 200, body: "ok", isReplied: false, pool: "app", fault: "" });
  expect(outcome.request).toMatchObject({ path: "/v2/items?a=1", headers: { "x-user": "7" } });
});

test("an answer of a hook is told as that, whether it comes at once or later", async () => {
  for (const onRequest of [() => ({ status: 403, body: "no" }), async () => new Response("no", { status: 403 })])
    expect(await testHook({ onRequest }, "/")).toMatchObject({
      status: 403,
      body: "no",
      isReplied: true,
      request: null,
    });
});

test("a response is edited or replaced, and its body transformed", async () => {
  const outcome = await testHook(
    {
      onResponse: (response) => response.headers.delete("server"),
      transformResponse: { json: (value) => ({ total: value.items.length }) },
    },
    "/",
    { response: { headers: { Server: "x" }, json: { items: [1, 2] } } },
  );
  expect(outcome).toMatchObject({ status: 200, body: '{"total":2}', isReplied: false });
  expect(outcome.headers["server"]).toBeUndefined();
  const replaced = await testHook({ onResponse: ({ status }) => ({ status: 502, body: `was ${status}` }) }, "/");
  expect(replaced).toMatchObject({ status: 502, body: "was 200", isReplied: true });
});

test("onError is asked when the server fails", async () => {
  const onError = (error: { readonly code: string }) => ({ status: 503, body: error.code });
  expect(await testHook({ onError }, "/", { fails: "refuse" })).toMatchObject({
    status: 503,
    body: "connect_refused",
    isReplied: true,
  });
});

test("pick chooses among the servers that there are", async () => {
  const outcome = await testHook({ pick: (servers) => servers.findLast(({ up }) => up) }, "/", {
    servers: ["one:80", "two:80", "three:80"],
    down: ["three:80"],
  });
  expect(outcome.server).toBe("two:80");
});

test("a request goes to the pool that a hook uses", async () => {
  const outcome = await testHook({ onRequest: (request) => request.use("beta") }, "/", { pools: ["beta"] });
  expect([outcome.pool, outcome.server]).toEqual(["beta", "beta:80"]);
});

test("failures and lateness are told with why", async () => {
  const failing = {
    onRequest: () => {
      throw new Error("oh");
    },
  };
  const failed = await testHook(failing, "/");
  expect(failed).toMatchObject({ status: 500, fault: "hook_failed", isReplied: false });
  expect(failed.complaints[0]).toContain("Error: oh");
  const late = await testHook({ onRequest: () => new Promise<undefined>(() => {}) }, "/", { budget: "20ms" });
  expect(late).toMatchObject({ status: 504, fault: "hook_timeout" });
});
