import { expect, test } from "bun:test";
import { bodyOf, byMethod, json } from "./answer.ts";

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

test("a body is a JSON object of a bounded size, or is refused", async () => {
  expect(await bodyOf(ask("POST", '{"a":1}'))).toEqual({ a: 1 });
  for (const body of ["", "1", "[1]", "null", "{"])
    expect(((await bodyOf(ask("POST", body))) as Response).status).toBe(400);
  expect(((await bodyOf(ask("POST", JSON.stringify("a".repeat(70_000))))) as Response).status).toBe(413);
});
