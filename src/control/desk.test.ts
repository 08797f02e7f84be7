// What the desk tells of where a request stands; who may ask and what is noted is tested with a socket before it (admin.test.ts).

import { expect, test } from "bun:test";
import { z } from "zod";
import { json } from "./api/answer.ts";
import { operation } from "./api/operation.ts";
import { Router } from "./api/router.ts";
import type { AuditNote } from "./api/shape/audit.ts";
import { Desk } from "./desk.ts";
import { Guard } from "./guard.ts";

function stage() {
  const told: string[] = [];
  const notes: AuditNote[] = [];
  const router = new Router([
    operation({
      ...{ id: "set", method: "POST", path: "/set", summary: "", tag: "", answers: {} },
      body: z.strictObject({ weight: z.int() }),
      handle: ({ body }) => {
        told.push("handled");
        return json(200, body);
      },
    }),
  ]);
  const guard = new Guard({ address: { kind: "tcp", host: "127.0.0.1", port: 1 }, token: undefined, hosts: null });
  const audit = { note: (note: AuditNote) => void notes.push(note) };
  const desk = new Desk({ guard, router, routes: [], audit, nowMs: Date.now });
  const ask = (body: ReadableStream<Uint8Array>): Promise<Response> => {
    const request = new Request("http://127.0.0.1:1/set", { method: "POST", body, headers: { host: "127.0.0.1:1" } });
    return desk.answer(request, "127.0.0.1", ({ id }, waitsFor) => void told.push(`${id} waits for its ${waitsFor}`));
  };
  return { ask, told, notes };
}

test("the time of an answer begins when the whole request is there: a body that never comes has that of a request", async () => {
  const { ask, told, notes } = stage();
  let rest: ReadableStreamDefaultController<Uint8Array> | null = null;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      controller.enqueue(Buffer.from('{"weight":'));
      rest = controller;
    },
  });
  const answer = ask(body);
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  expect(told).toEqual(["set waits for its request"]);
  rest!.enqueue(Buffer.from("5}"));
  rest!.close();
  expect(await (await answer).json()).toEqual({ weight: 5 });
  expect(told).toEqual(["set waits for its request", "set waits for its answer", "handled"]);
  expect(notes.map(({ status, problem }) => [status, problem])).toEqual([[200, null]]);
});

test("a body that is broken off is a refusal that is noted, and nothing is done", async () => {
  const { ask, told, notes } = stage();
  const broken = new ReadableStream<Uint8Array>({ start: (controller) => controller.error(new Error("gone")) });
  expect((await ask(broken)).status).toBe(400);
  expect(told).toEqual(["set waits for its request"]);
  expect(notes.map(({ status, problem }) => [status, problem])).toEqual([[400, "the body did not come whole"]]);
});
