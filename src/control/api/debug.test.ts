import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProfileOrder } from "../../config/message.ts";
import { openLog } from "../log.ts";
import { debugRoutes } from "./debug.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-debug-"));
afterAll(() => rmSync(folder, { recursive: true }));

const token = "0123456789abcdefgh";

function stage(own: { readonly token?: string | undefined } = { token }) {
  const taken: [number | null, ProfileOrder][] = [];
  const held = Promise.withResolvers<void>();
  const state = { isHeld: false, trouble: null as string | null };
  const take = async (worker: number | null, order: ProfileOrder): Promise<void> => {
    taken.push([worker, order]);
    if (state.isHeld) await held.promise;
    writeFileSync(order.path, `{"of":${worker}}`);
  };
  const routes = debugRoutes({
    ...{
      token: own.token,
      folder,
      log: openLog({ level: "error", format: "json", isColored: false, write: () => {} }),
    },
    own: (order) => take(null, order),
    ofWorker: async (worker, order) => {
      if (state.trouble === null) await take(worker, order);
      return state.trouble;
    },
  });
  const ask = async (path: string, shown = token, method = "GET"): Promise<Response> => {
    const request = new Request(`http://localhost${path}`, { method, headers: { authorization: `Bearer ${shown}` } });
    return (await routes(request, new URL(request.url).pathname))!;
  };
  return { ask, taken, held, state, routes };
}

test("a profile is taken of control, or of a worker, and nothing of it stays behind", async () => {
  const { ask, taken } = stage();
  const own = await ask("/debug/cpu?seconds=2");
  expect([own.status, await own.text()]).toEqual([200, '{"of":null}']);
  expect(own.headers.get("content-disposition")).toBe('attachment; filename="sluice-control.cpuprofile"');
  const worker = await ask("/debug/heap?worker=1");
  expect(await worker.text()).toBe('{"of":1}');
  expect(worker.headers.get("content-disposition")).toContain("sluice-worker-1.heapsnapshot");
  expect(taken.map(([of, { what, seconds }]) => [of, what, seconds])).toEqual([
    [null, "cpu", 2],
    [1, "heap", 5],
  ]);
  expect(readdirSync(folder)).toEqual([]);
  expect(await (await ask("/debug/")).text()).toContain("GET /debug/heap?worker=0");
});

test("the token is demanded, and without one there is nothing", async () => {
  const { ask, taken } = stage();
  expect((await ask("/debug/cpu", "wrong")).status).toBe(401);
  const without = stage({});
  expect((await without.ask("/debug/cpu")).status).toBe(403);
  expect(await (await without.ask("/debug/heap")).text()).toContain("set admin.token");
  expect([...taken, ...without.taken]).toEqual([]);
  expect(without.routes(new Request("http://localhost/debugger"), "/debugger")).toBeNull();
});

test("one at a time, and after trouble the next may", async () => {
  const { ask, held, state } = stage();
  state.isHeld = true;
  const first = ask("/debug/cpu");
  expect((await ask("/debug/heap?worker=0")).status).toBe(409);
  held.resolve();
  expect((await first).status).toBe(200);
  state.trouble = "worker 0 died: signal SIGKILL";
  const failed = await ask("/debug/heap?worker=0");
  expect([failed.status, ((await failed.json()) as { error: string }).error]).toEqual([503, state.trouble]);
  state.trouble = null;
  expect((await ask("/debug/heap?worker=0")).status).toBe(200);
});

test("what cannot be is refused with what was meant", async () => {
  const { ask } = stage();
  const error = async (path: string): Promise<string> => ((await (await ask(path)).json()) as { error: string }).error;
  expect(await error("/debug/cpu?secnds=3")).toContain('did you mean "seconds"?');
  expect(await error("/debug/cpu?seconds=61")).toContain("up to 60");
  expect(await error("/debug/cpu?seconds=0")).toContain("up to 60");
  expect(await error("/debug/heap?worker=-1")).toContain("worker must be the number of one");
  expect(await error("/debug/pprof")).toContain("GET /debug/ lists what there is");
  expect((await ask("/debug/cpu", token, "POST")).status).toBe(405);
});
