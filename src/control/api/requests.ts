// /api/v1/requests: what became of the last requests, connections and sessions, from the flight recorder of each worker. It is read in
// slices: there may be hundreds of thousands.

import { z } from "zod";
import { type FilterAsked, filterParameters, readFilter } from "../recorder/filter.ts";
import type { Recorder } from "../recorder.ts";
import { inSlices } from "../slices.ts";
import { json, notUnderstood, problem } from "./answer.ts";
import { type Operation, operation } from "./operation.ts";
import { type ExchangesAnswer, exchangeRecord, exchangesAnswer } from "./shape/exchange.ts";

interface Asked extends FilterAsked {
  readonly limit: number;
  readonly after?: string | undefined;
}

const idForm = /^\d{1,3}-\d{1,15}$/;

const asked = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe("At most so many."),
  after: z
    .string()
    .regex(idForm)
    .optional()
    .describe(
      "Id of a request: only those that ended after it. All that there are, where it has made room for others.",
    ),
  ...filterParameters,
}) as unknown as z.ZodType<Asked>; // Zod tells what it reads apart from what it gives.

export function requestOperations(recorder: Recorder): readonly Operation[] {
  return [
    operation({
      id: "listRequests",
      method: "GET",
      path: "/api/v1/requests",
      summary: "What became of the last requests, with the time of each phase",
      description:
        "The newest first, from the flight recorder: the last requests of each worker (recorder.entries), connections of mode tcp and sessions of mode udp. All filters that are given must fit.",
      tag: "Requests",
      query: asked,
      answers: { 200: { description: "The requests that fit.", schema: exchangesAnswer } },
      handle: async ({ query: { limit, after, ...filter } }) => {
        const accepts = readFilter(filter);
        if (typeof accepts === "string") return notUnderstood(accepts);
        const { records, looked } = await inSlices(recorder.search(accepts, limit, after ?? null));
        return json(200, { requests: records, looked, isOn: recorder.isOn } satisfies ExchangesAnswer);
      },
    }),
    operation({
      id: "getRequest",
      method: "GET",
      path: "/api/v1/requests/{id}",
      summary: "What became of one request",
      tag: "Requests",
      params: { id: "As in the list: WORKER-NUMBER." },
      answers: {
        200: { description: "The request.", schema: exchangeRecord },
        404: { description: "There is none of that id, or it has made room for others." },
      },
      handle: ({ params }) => {
        const id = params["id"]!;
        const record = recorder.find(id);
        return record === null ? problem(404, missing(id, recorder)) : json(200, record);
      },
    }),
  ];
}

function missing(id: string, recorder: Recorder): string {
  if (!recorder.isOn) return "no request is recorded: recorder.entries is 0 in the config";
  if (!idForm.test(id)) return `${JSON.stringify(id.slice(0, 50))} is no id of a request; they are such as 0-1234`;
  return `there is no request ${id}: each worker's last ${recorder.entriesMax} are kept`;
}
