// /api/v1/figures: what happens now, in figures; /api/v1/servers: every server with its own; /api/v1/changes: what has changed of late.
// They answer what the event stream tells too (api/events.ts), for those who ask now and then: looking goes on for ten seconds after the
// last question, and only the first has to wait a moment.

import { z } from "zod";
import type { Chronicle } from "../events/chronicle.ts";
import type { Past } from "../figures/past.ts";
import type { Sampling } from "../figures/sampling.ts";
import { json, problem } from "./answer.ts";
import { type Operation, operation } from "./operation.ts";
import { changesAnswer } from "./shape/change.ts";
import { figures, pastAnswer, type ServerFigures, serversAnswer } from "./shape/figures.ts";

export interface FiguresParts {
  readonly sampling: Sampling;
  readonly chronicle: Pick<Chronicle, "latest">;
  readonly past: Pick<Past, "answer">;
}

const serversMax = 10_000;
const changesMax = 200;

const serversQuery = z.object({
  pool: z.string().optional().describe("Of this pool only."),
  state: z
    .enum(["up", "down", "unchecked", "ejected", "draining", "unresolved"])
    .optional()
    .describe("In this state only."),
  find: z.string().max(200).optional().describe("In whose pool, name, address or reason this stands, capitals or not."),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(serversMax)
    .default(1000)
    .describe("At most so many, in the order of the config."),
});

export function figuresOperations({ sampling, chronicle, past }: FiguresParts): readonly Operation[] {
  return [showing(sampling), remembering(past), finding(sampling), telling(chronicle)];
}

function showing(sampling: FiguresParts["sampling"]): Operation {
  return operation({
    id: "getFigures",
    method: "GET",
    path: "/api/v1/figures",
    summary: "What happens now: rates of the last second of requests, errors, latency, connections and bytes",
    description:
      "By listener, pool, cache, egress pool, rule and worker. The first that asks after a while waits a quarter of a second; who looks for longer listens to /api/v1/events.",
    tag: "Live",
    answers: {
      200: { description: "The figures.", schema: figures },
      503: { description: "Sluice is starting: there is nothing to tell of yet." },
    },
    handle: async () => {
      const seen = await sampling.figures();
      return seen === null ? problem(503, "there are no figures yet: Sluice is starting, or ending") : json(200, seen);
    },
  });
}

function remembering(past: FiguresParts["past"]): Operation {
  return operation({
    id: "getFiguresHistory",
    method: "GET",
    path: "/api/v1/figures/history",
    summary: "The last hour of all listeners together, and of caches, in means of ten seconds",
    tag: "Live",
    answers: { 200: { description: "As far back as Sluice runs, an hour at most.", schema: pastAnswer } },
    handle: () => json(200, past.answer()),
  });
}

function finding(sampling: FiguresParts["sampling"]): Operation {
  return operation({
    id: "listServers",
    method: "GET",
    path: "/api/v1/servers",
    summary: "Every server with its state and why, and what it did in the last second",
    tag: "Live",
    query: serversQuery,
    answers: {
      200: { description: "The servers that fit.", schema: serversAnswer },
      503: { description: "Sluice is starting: there is nothing to tell of yet." },
    },
    handle: async ({ query: { pool, state, find, limit } }) => {
      if ((await sampling.figures()) === null)
        return problem(503, "there are no servers yet: Sluice is starting, or ending");
      const servers: ServerFigures[] = [];
      let matching = 0;
      for (const server of sampling.servers()) {
        if (pool !== undefined && server.pool !== pool) continue;
        if (state !== undefined && server.state !== state) continue;
        if (find !== undefined && !isIn(server, find.toLowerCase())) continue;
        matching++;
        if (servers.length < limit) servers.push(server);
      }
      return json(200, { servers, matching });
    },
  });
}

function telling(chronicle: FiguresParts["chronicle"]): Operation {
  return operation({
    id: "listChanges",
    method: "GET",
    path: "/api/v1/changes",
    summary: "What has changed of late, as the log says it: plans, servers, bans, workers",
    tag: "Live",
    query: z.object({
      limit: z.coerce.number().int().min(1).max(changesMax).default(changesMax).describe("At most so many."),
    }),
    answers: { 200: { description: "The newest first.", schema: changesAnswer } },
    handle: ({ query: { limit } }) => json(200, { changes: chronicle.latest(limit) }),
  });
}

function isIn({ pool, name, address, reason }: ServerFigures, text: string): boolean {
  return [pool, name, address, reason].some((each) => each?.toLowerCase().includes(text) === true);
}
