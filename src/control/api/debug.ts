// /debug/: profiles of control and of workers, for whoever wants to know where time or memory goes on the machine where it goes. A
// heap snapshot holds whatever is in memory, secrets too: the admin token is demanded, also on loopback, and without one there is
// nothing here. One profile at a time, for it slows down whom it is about.
//
//   GET /debug/cpu?seconds=5&worker=0     a .cpuprofile; without worker, of control
//   GET /debug/heap?worker=0              a .heapsnapshot

import { rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { didYouMean } from "../../base/nearest.ts";
import type { ProfileOrder } from "../../config/message.ts";
import { BearerToken } from "../guard.ts";
import type { Log } from "../log.ts";
import { type Answer, notUnderstood, only, problem, type Routes, text } from "./answer.ts";
import { type Operation, wordedOperation } from "./operation.ts";

export interface DebugService {
  readonly token: string | undefined;
  /** Of another program whose config started Sluice. */
  readonly foreign?: string | undefined;
  /** Where files are written; only this user can look into it. */
  readonly folder: string;
  /** Of this process. Rejects with the reason. */
  readonly own: (order: ProfileOrder) => Promise<void>;
  /** Of a worker. Null when the file is there. */
  readonly ofWorker: (worker: number, order: ProfileOrder) => Promise<string | null>;
  readonly log: Log;
}

const path = "/debug/";
const names = ["seconds", "worker"];
const secondsUsual = 5;
export const secondsMax = 60;
/** A worker that stands still does not answer: its heap may take a while, and no longer than this. */
const patienceMs = 60_000;

const contents = `GET /debug/cpu?seconds=5&worker=0   where the time of a worker goes, as .cpuprofile (1 to ${secondsMax} s; without worker: of control)
GET /debug/heap?worker=0            what lies on its heap, as .heapsnapshot; it stands still for that long
Open them in the developer tools of Chromium (Performance, Memory), or the first in speedscope.
`;

export function debugRoutes(service: DebugService): Routes {
  const token = service.token === undefined ? null : new BearerToken(service.token);
  const profiles = new Profiles(service);
  return (request, asked) => {
    if (asked !== "/debug" && !asked.startsWith(path)) return null;
    if (token === null)
      return problem(
        403,
        `profiles hold what is in memory, and are there for who shows the admin token: ${remedyOf(service.foreign)}`,
      );
    if (!token.isIn(request)) {
      const refusal = problem(401, "a token is required: send Authorization: Bearer TOKEN");
      refusal.headers.set("www-authenticate", 'Bearer realm="sluice"');
      return refusal;
    }
    switch (asked) {
      case "/debug":
      case path:
        return only(request, "GET", () => text(200, contents));
      case `${path}cpu`:
        return only(request, "GET", () => profiles.answer(request, "cpu"));
      case `${path}heap`:
        return only(request, "GET", () => profiles.answer(request, "heap"));
      default:
        return problem(404, `there is nothing at ${asked}; GET /debug/ lists what there is`);
    }
  };
}

/** In the words of the file that Sluice was started with. */
function remedyOf(foreign: string | undefined): string {
  if (foreign === undefined) return "set admin.token";
  if (foreign === "ipmanager") return "set token in the config file";
  return `a config of ${foreign} has no word for it; sluice convert makes one of Sluice's own of it, which has admin.token`;
}

/** As the admin API describes them; the routes answer, which stand at ipmanager's port too. */
export function debugOperations(routes: Routes): readonly Operation[] {
  const worker = z.coerce.number().int().min(0).max(999).exactOptional().describe("Its number; without: of control.");
  const seconds = z.coerce
    .number()
    .min(0)
    .max(secondsMax)
    .exactOptional()
    .describe(`${secondsUsual} where it is not said.`);
  const page = (id: string, asked: string, told: Pick<Operation, "summary" | "query" | "answers">): Operation =>
    wordedOperation({
      ...{ id, method: "GET", path: asked, tag: "Debug" },
      ...told,
      handle: ({ request }) => routes(request, asked)!,
    });
  const failures = {
    403: { description: "There is no token." },
    409: { description: "Another profile is being taken." },
    503: { description: "There is no such worker, or it did not answer in time." },
  };
  return [
    page("listProfiles", "/debug", {
      summary: "with the admin token: what profiles there are",
      answers: { 200: { description: "How to ask for them.", type: "text/plain; charset=utf-8" }, 403: failures[403] },
    }),
    page("takeCpuProfile", `${path}cpu`, {
      summary: "with the admin token: where the time of control goes, or of a worker",
      query: z.strictObject({ seconds, worker }),
      answers: { 200: { description: "A .cpuprofile.", type: "application/json" }, ...failures },
    }),
    page("takeHeapProfile", `${path}heap`, {
      summary: "with the admin token: what lies on the heap of control, or of a worker",
      query: z.strictObject({ seconds, worker }),
      answers: { 200: { description: "A .heapsnapshot.", type: "application/json" }, ...failures },
    }),
  ];
}

class Profiles {
  readonly #service: DebugService;
  #isBusy = false;
  #number = 0;

  constructor(service: DebugService) {
    this.#service = service;
  }

  answer(request: Request, what: ProfileOrder["what"]): Answer {
    const { searchParams } = new URL(request.url);
    for (const name of searchParams.keys())
      if (!names.includes(name)) return notUnderstood(`there is no parameter ${name}${didYouMean(name, names)}`);
    const seconds = Number(searchParams.get("seconds") ?? secondsUsual);
    if (!(seconds > 0 && seconds <= secondsMax))
      return notUnderstood(
        `seconds must be a number up to ${secondsMax}, not ${JSON.stringify(searchParams.get("seconds"))}`,
      );
    const said = searchParams.get("worker");
    const worker = said === null ? null : /^\d{1,3}$/.test(said) ? Number(said) : Number.NaN;
    if (Number.isNaN(worker)) return notUnderstood(`worker must be the number of one, not ${JSON.stringify(said)}`);
    if (this.#isBusy) return problem(409, "another profile is being taken: ask again when it is done");
    return this.#take({ what, seconds, path: join(this.#service.folder, `profile.${++this.#number}`) }, worker);
  }

  async #take(order: ProfileOrder, worker: number | null): Promise<Response> {
    const { own, ofWorker, log } = this.#service;
    this.#isBusy = true;
    const whose = worker === null ? "control" : `worker ${worker}`;
    log.info(`a ${order.what} profile of ${whose} is taken`);
    try {
      const taken = worker === null ? own(order).then(() => null) : ofWorker(worker, order);
      const trouble = await Promise.race([taken, late(order.seconds * 1000 + patienceMs)]);
      if (trouble !== null) {
        log.warn(`the ${order.what} profile of ${whose} was not taken: ${trouble}`);
        return problem(503, trouble);
      }
      return sent(await Bun.file(order.path).bytes(), order.what, worker);
    } catch (error) {
      return problem(500, `the profile could not be taken: ${(error as Error).message}`);
    } finally {
      this.#isBusy = false;
      rmSync(order.path, { force: true });
    }
  }
}

function late(ms: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  setTimeout(() => resolve("it did not answer in time"), ms).unref();
  return promise;
}

function sent(bytes: Uint8Array<ArrayBuffer>, what: ProfileOrder["what"], worker: number | null): Response {
  const name = `sluice-${worker === null ? "control" : `worker-${worker}`}.${what === "cpu" ? "cpuprofile" : "heapsnapshot"}`;
  return new Response(bytes, {
    headers: {
      "content-type": "application/json",
      "content-disposition": `attachment; filename="${name}"`,
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    },
  });
}
