import { expect, test } from "bun:test";
import { byMethod, json } from "./answer.ts";

const ask = (method: string, body?: string): Request =>
  new Request("http://127.0.0.1/", { method, ...(body === undefined ? {} : { body }) });

test("each method of a path has its answer, and others are told which there are", async () => {
  const answers = { GET: () => json(200, { a: 1 }), DELETE: () => json(200, { b: 2 }) };
  expect(await (await byMethod(ask("HEAD"), answers)).json()).toEqual({ a: 1 });
  expect(await (await byMethod(ask("DELETE"), answers)).json()).toEqual({ b: 2 });
  const refusal = await byMethod(ask("POST", "{}"), answers);
  expect([refusal.status, refusal.headers.get("allow")]).toEqual([405, "GET, HEAD, DELETE"]);
  expect(await refusal.json()).toEqual({ error: "POST is not allowed here; use GET or DELETE" });
});
