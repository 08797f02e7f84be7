// `sluice tail`: the last requests of a running Sluice, and those that come, one line each. It asks for the last ones and listens for
// others from there, so that none is missed and none told twice; when Sluice goes away it waits for it to come back.
// Exit code 1: there was nobody to ask, or it refused; 2: a filter is none. Otherwise it ends when it is ended.

import type { ExchangeRecord, ExchangesAnswer } from "../control/api/shape/exchange.ts";
import { type FilterName, filterParameters } from "../control/recorder/filter.ts";
import type { Writer } from "./check.ts";
import { ask, errorOf, failureOf, lossText, open, type RemoteOptions } from "./client.ts";
import { EventReader } from "./eventreader.ts";
import type { Paint } from "./paint.ts";
import { tailLine } from "./tailtext.ts";

export type TailFilter = Exclude<FilterName, "failed">;

/** As the API names them, and in its order; `failed` is no word with a value here. */
export const tailFilters: readonly TailFilter[] = (Object.keys(filterParameters) as FilterName[]).filter(
  (name) => name !== "failed",
);

export interface TailOptions extends RemoteOptions {
  readonly filter: Readonly<Record<string, string>>;
  /** So many of those that ended before. */
  readonly last: number;
  readonly follow: boolean;
  readonly phases?: boolean | undefined;
}

export interface TailPlace {
  readonly paint: Paint;
  /** Resolves when it is time to try again; rejects or never resolves when it is not. */
  readonly pause: () => Promise<void>;
}

export async function tail(options: TailOptions, writer: Writer, place: TailPlace): Promise<number> {
  const query = new URLSearchParams({ ...options.filter, limit: String(Math.max(1, options.last)) });
  const answer = await ask(options, "GET", `/api/v1/requests?${query}`);
  const refusal = answer.ok ? errorOf(answer.body) : answer.message;
  if (refusal !== null || !answer.ok) {
    writer.err(`sluice: ${refusal}`);
    return failureOf(answer);
  }
  const { requests, isOn } = answer.body as ExchangesAnswer; // What our own admin interface answers.
  if (!isOn) {
    writer.err("sluice: no requests are recorded: recorder.entries is 0 in the config");
    return 1;
  }
  const show = (record: ExchangeRecord): void =>
    writer.out(
      options.json === true
        ? JSON.stringify(record)
        : tailLine(record, { paint: place.paint, isPhased: options.phases === true }),
    );
  if (options.last > 0) for (const record of requests.toReversed()) show(record);
  if (!options.follow) return 0;
  return follow(options, writer, place, { show, lastId: requests[0]?.id ?? "" });
}

interface Course {
  readonly show: (record: ExchangeRecord) => void;
  lastId: string;
}

async function follow(options: TailOptions, writer: Writer, place: TailPlace, course: Course): Promise<number> {
  const path = `/api/v1/events?${new URLSearchParams({ topics: "requests", ...options.filter })}`;
  for (let isFirst = true, wasAway = false; ; isFirst = false) {
    const opened = await open(options, path, course.lastId === "" ? {} : { "last-event-id": course.lastId });
    if (!opened.ok) {
      if (isFirst) {
        writer.err(`sluice: ${opened.message}`);
        return 1;
      }
      if (!wasAway) writer.note(`sluice: ${opened.message}; waiting for it`);
      wasAway = true;
    } else {
      if (wasAway) writer.note("sluice: it is back");
      wasAway = false;
      await listen(opened.pieces, writer, course);
    }
    await place.pause();
  }
}

/** Until the stream ends, whyever. */
async function listen(pieces: AsyncIterable<Uint8Array>, writer: Writer, course: Course): Promise<void> {
  const reader = new EventReader();
  try {
    for await (const piece of pieces) {
      for (const { name, data, id } of reader.read(piece)) {
        if (name === "request") {
          course.show(JSON.parse(data) as ExchangeRecord); // What our own admin interface tells.
          course.lastId = id;
        }
        if (name === "dropped") writer.note(`sluice: ${droppedText(data)}`);
      }
      await writer.drained?.();
    }
  } catch (error) {
    writer.note(`sluice: ${lossText(error)}`);
  }
}

function droppedText(data: string): string {
  const { requests } = JSON.parse(data) as { requests: number }; // As above.
  return `${requests} requests more than could be told in time are left out; a filter makes them fewer`;
}
