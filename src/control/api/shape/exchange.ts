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
  /** Of HTTP, by which its server was asked: "1.1" or "2.0"; "" where none was. */
  readonly serverVersion: string;
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
    id: z.string().describe('"WORKER-NUMBER": unique in one run of Sluice.'),
    kind: z.enum(["http", "tcp", "udp"]).describe("What was carried."),
    at: z.string().describe("When it began, in milliseconds."),
    durationMs: z.number().describe("How long it took."),
    worker: z.int().describe("Which has carried it."),
    requestId: z.string().describe('As told to the server and logged; "" where there is none.'),
    client: z.string().describe("Its address: behind trusted proxies the one that they report."),
    user: z.string().describe('Whose good credentials it showed; "" without.'),
    method: z.string().describe("Of the request."),
    host: z.string().describe("As in Host or the target; of tcp the name in the ClientHello."),
    path: z.string().describe("Without the query, unless `recorder.query` says otherwise."),
    isCut: z.boolean().describe("Path or host were longer than the recorder keeps."),
    isTls: z.boolean().describe("The client came by TLS."),
    listener: z.string().describe("That it came to."),
    pool: z.string().describe('That it went to; "" without.'),
    server: z.string().describe('That was asked last; "" without.'),
    status: z.int().describe("To the client; 0 where it was not answered."),
    serverStatus: z.int().describe("What the server said; 0 where none did."),
    fault: z.string().nullable().describe("Code of the fault (docs/FAULTS.md); null where it ended well."),
    attempts: z.int().describe("Tries at servers."),
    isReused: z.boolean().describe("Over a connection to the server that was there already."),
    serverVersion: z.string().describe('Of HTTP, by which the server was asked: "1.1" or "2.0"; "" where none was.'),
    cache: z.string().nullable().describe("What its cache did: hit, miss, stale, ...; null where none was asked."),
    rule: z.string().describe('The rule whose outcome it is; "" without.'),
    rules: z.array(z.string()).describe('All whose conditions held, by name; "…" ends a list that was longer.'),
    egress: z
      .strictObject({ pool: z.string().describe("Its pool."), address: z.string().describe("What it is called.") })
      .nullable()
      .describe("The outbound address; null without."),
    bytesReceived: z.number().describe("Bytes from the client."),
    bytesSent: z.number().describe("Bytes to the client."),
    phases: z
      .array(
        z.strictObject({
          name: z.enum(phaseNames).describe("What was done."),
          fromMs: z.number().describe("Milliseconds after the start of the request."),
          toMs: z.number().describe("Likewise, at its end."),
        }),
      )
      .describe("What its time went to, in order; those that took none are left out."),
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
    requests: z.array(exchangeRecord).describe("The newest first."),
    looked: z.int().describe("How many the recorder looked through; those that match may be fewer."),
    isOn: z.boolean().describe("False: `recorder.entries` is 0."),
  })
  .meta({ id: "ExchangesAnswer", description: "Exchanges that have ended, the newest first." });
