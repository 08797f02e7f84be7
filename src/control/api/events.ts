// /api/v1/events: what happens, as it happens, as server-sent events (WHATWG HTML, section 9.2). A browser's own EventSource cannot show a
// token; whoever has to show one reads the stream with fetch.
//
//   figures   Figures, once a second                     request  an exchange that has ended; its id is where the stream can go on
//   servers   ServerFigures that have changed, all of     change   what has changed, as the log says it
//             them at first; gone: those that have left   audit    a change that somebody asked for
//   dropped   how many requests and others were not told, for the client reads too slowly

import { z } from "zod";
import { didYouMean } from "../../base/nearest.ts";
import { type EventHub, type EventTopic, eventTopics, rateMax } from "../events/hub.ts";
import { type Accepts, everything } from "../recorder/filter.ts";
import { notUnderstood, problem } from "./answer.ts";
import { type Operation, operation } from "./operation.ts";

/** Which requests are told of: parameters of the query, and what they come to. */
export interface RequestFilter {
  readonly parameters: Readonly<Record<string, z.ZodType>>;
  /** A sentence where they make no sense. */
  read(query: Readonly<Record<string, unknown>>): Accepts | string;
}

export interface EventsParts {
  readonly hub: EventHub;
  /** Null: there is no recorder. */
  readonly filter: RequestFilter | null;
}

const usualTopics = "figures,servers,changes";

const topicsParameter = z
  .string()
  .default(usualTopics)
  .describe(`What to be told of, joined by commas: ${eventTopics.join(", ")}.`);

const rateParameter = z.coerce
  .number()
  .int()
  .min(1)
  .max(rateMax)
  .default(rateMax)
  .describe("Of the requests that fit, tell at most so many a second, and as many at once after a pause.");

export function eventsOperations({ hub, filter }: EventsParts): readonly Operation[] {
  return [
    operation({
      id: "followEvents",
      method: "GET",
      path: "/api/v1/events",
      summary: "What happens, as it happens: figures each second, servers, requests, changes, the audit log",
      description:
        "Server-sent events. A client that reads too slowly misses requests, and is told how many (event dropped); of everything else it is told what is so now.",
      tag: "Live",
      // All but `topics` and `rate` are the filter's, which reads them itself.
      query: z.object({ topics: topicsParameter, rate: rateParameter, ...filter?.parameters }) as unknown as z.ZodType<{
        topics: string;
        rate: number;
      }>,
      answers: {
        200: { description: "Events, until the client leaves.", type: "text/event-stream; charset=utf-8" },
        503: { description: "As many clients listen already as may." },
      },
      isStream: true,
      handle: ({ request, query }) => {
        const topics = readTopics(query.topics);
        if (typeof topics === "string") return notUnderstood(topics);
        const accepts = filter?.read({ ...query }) ?? everything;
        if (typeof accepts === "string") return notUnderstood(accepts);
        if (request.method === "HEAD") return new Response(null, { headers });
        const lastId = request.headers.get("last-event-id");
        const client = hub.open({ topics, accepts, rate: query.rate, lastId });
        if (client === null) {
          const answer = problem(503, `${hub.clientsMax} clients listen already, and no more may: try again later`);
          answer.headers.set("retry-after", "10");
          return answer;
        }
        return new Response(client.body, { headers });
      },
    }),
  ];
}

const headers = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  // A proxy in between, nginx by default, would wait for more before it passes on anything.
  "x-accel-buffering": "no",
};

/** A sentence where one of them is none. */
function readTopics(text: string): ReadonlySet<EventTopic> | string {
  const topics = new Set<EventTopic>();
  for (const name of text.split(",").map((part) => part.trim())) {
    const topic = eventTopics.find((each) => each === name);
    if (topic === undefined)
      return `topics must be of ${eventTopics.join(", ")}, joined by commas; ${JSON.stringify(name.slice(0, 50))} is none${didYouMean(name.slice(0, 50), eventTopics)}`;
    topics.add(topic);
  }
  return topics;
}
