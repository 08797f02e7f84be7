// What the flight recorder tells of one exchange that has ended (GET /api/v1/requests, the event "request"). Shapes only. Each schema is
// typed by the interface that answers are made by, so that neither changes without the other; those with an id are components of the
// OpenAPI document (../openapi.ts).

import { z } from "zod";

/** In this order; those that did not happen are left out. */
export const phaseNames = ["rules", "queue", "connect", "send", "wait", "receive"] as const;

/** rules: head to the choice of a server, with authentication, rules, cache and egress. wait: request sent to the response's head. */
export type PhaseName = (typeof phaseNames)[number];

export interface PhaseRecord {
  readonly name: PhaseName;
  /** Milliseconds after the start of the request. */
  readonly fromMs: number;
  readonly toMs: number;
}

export interface ExchangeRecord {
  /** "WORKER-NUMBER": unique in one run of Sluice, and in the order in which exchanges of one worker ended. */
  readonly id: string;
  readonly kind: "http" | "tcp" | "udp";
  /** When it began, as RFC 3339 with milliseconds, and how long it took. */
  readonly at: string;
  readonly durationMs: number;
  readonly worker: number;
  /** As told to the server and logged; "" where there is none. */
  readonly requestId: string;
  readonly client: string;
  /** Whose good credentials it showed; "" without. */
  readonly user: string;
  readonly method: string;
  /** As in Host or the target; of tcp the name in the ClientHello. */
  readonly host: string;
  /** Without the query, unless `recorder.query` says otherwise. */
  readonly path: string;
  /** Path or host were longer than the recorder keeps. */
  readonly isCut: boolean;
  readonly isTls: boolean;
  readonly listener: string;
  readonly pool: string;
  readonly server: string;
  /** To the client; 0 where it was not answered. */
  readonly status: number;
  /** What the server said; 0 where none did. */
  readonly serverStatus: number;
  /** Code of the fault (docs/FAULTS.md); null where it ended well. */
  readonly fault: string | null;
  readonly attempts: number;
  /** Over a connection to the server that was there already. */
  readonly isReused: boolean;
  /** hit, miss, stale, revalidated, bypass, pass, collapsed; null where no cache was asked. */
  readonly cache: string | null;
  /** The rule whose outcome it is, and all whose conditions held, by name; "…" ends a list that was longer. */
  readonly rule: string;
  readonly rules: readonly string[];
  /** The outbound address, and its pool; null without. */
  readonly egress: { readonly pool: string; readonly address: string } | null;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly phases: readonly PhaseRecord[];
}

export const exchangeRecord: z.ZodType<ExchangeRecord> = z
  .strictObject({
    id: z.string(),
    kind: z.enum(["http", "tcp", "udp"]),
    at: z.string(),
    durationMs: z.number(),
    worker: z.int(),
    requestId: z.string(),
    client: z.string(),
    user: z.string(),
    method: z.string(),
    host: z.string(),
    path: z.string(),
    isCut: z.boolean(),
    isTls: z.boolean(),
    listener: z.string(),
    pool: z.string(),
    server: z.string(),
    status: z.int(),
    serverStatus: z.int(),
    fault: z.string().nullable(),
    attempts: z.int(),
    isReused: z.boolean(),
    cache: z.string().nullable(),
    rule: z.string(),
    rules: z.array(z.string()),
    egress: z.strictObject({ pool: z.string(), address: z.string() }).nullable(),
    bytesReceived: z.number(),
    bytesSent: z.number(),
    phases: z.array(z.strictObject({ name: z.enum(phaseNames), fromMs: z.number(), toMs: z.number() })),
  })
  .meta({ id: "ExchangeRecord", description: "What the flight recorder tells of one exchange that has ended." });

/** GET /api/v1/requests: the newest first. */
export interface ExchangesAnswer {
  readonly requests: readonly ExchangeRecord[];
  /** How many the recorder looked through; those that match may be fewer. */
  readonly looked: number;
  /** False: `recorder.entries` is 0. */
  readonly isOn: boolean;
}

export const exchangesAnswer: z.ZodType<ExchangesAnswer> = z
  .strictObject({
    requests: z.array(exchangeRecord),
    looked: z.int(),
    isOn: z.boolean(),
  })
  .meta({ id: "ExchangesAnswer", description: "Exchanges that have ended, the newest first." });
