import { expect, test } from "bun:test";
import { compileErrors, compileReply } from "./compilereply.ts";
import type { HttpFile } from "./httpfile.ts";
import { type Materials, noMaterials } from "./materials.ts";

const file: HttpFile = { status: 200, reason: "Fine", fields: [{ name: "X-A", value: "1" }], body: "page" };
const materials: Materials = { ...noMaterials, response: (name) => (name === "200.http" ? file : undefined) };

test("answers in place of ours are in one order, however they are written", () => {
  const errors = { queue_full: 429, "503": 500, connect_refused: "200.http", "404": { body: "what" } };
  const plans = compileErrors(errors, materials);
  expect(plans.map(({ on }) => on)).toEqual([404, 503, "connect_refused", "queue_full"]);
  expect(compileErrors(Object.fromEntries(Object.entries(errors).reverse()), materials)).toEqual(plans);
});

test("an answer has the status that it says, or its file; or else that of its key, or of the fault", () => {
  const plans = compileErrors(
    {
      "403": { status: 404 },
      "502": "200.http",
      "503": 500,
      "504": {},
      no_server: { file: "200.http" },
      response_timeout: { body: "late" },
    },
    materials,
  );
  expect(plans.map(({ reply }) => (typeof reply === "number" ? reply : [reply.status]))).toEqual([
    [404],
    [200],
    500,
    [504],
    [504],
    [200],
  ]);
});

test("how long to wait is told where the answer is written to tell it", () => {
  const retryAfter = (reply: Parameters<typeof compileReply>[0]): number =>
    compileReply(reply, 403, noMaterials).retryAfterS;
  expect([retryAfter(503), retryAfter(429), retryAfter(403)]).toEqual([-1, -1, 0]);
  expect(retryAfter({ status: 503, retryAfter: "1m" })).toBe(60);
  expect(retryAfter({ status: 503, retryAfter: false })).toBe(0);
  expect(compileErrors({ no_server: { status: 503 } }, noMaterials)[0]!.reply).toMatchObject({ retryAfterS: 0 });
});
