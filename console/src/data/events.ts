// A stream of server-sent events that is kept up: asked for again after it ends, later each time up to some seconds, from the last
// event on where the server can resume. It knows nothing of what events mean. One stream per subject that is looked at: the shell has
// one for as long as the console is open, the list of requests one of its own, whose filter changes.

import { ApiError, request, tokenCount } from "./api.ts";
import { EventReader, type StreamEvent } from "./eventreader.ts";

export interface StreamOptions {
  readonly path: string;
  readonly told: (event: StreamEvent) => void;
  /** The stream is there (null), or why it is not. */
  readonly changed: (problem: string | null) => void;
}

const retryMs = { first: 500, most: 5000 } as const;
/** The server says something every 15 seconds at least; after this long it, or the way to it, is gone. */
const silenceMs = 40_000;

/** Returns how to end it. */
export function follow({ path, told, changed }: StreamOptions): () => void {
  const ending = new AbortController();
  void (async () => {
    let lastId = "";
    let waitMs: number = retryMs.first;
    while (!ending.signal.aborted) {
      const tokens = tokenCount.value;
      try {
        await read(path, lastId, ending.signal, {
          opened: () => {
            waitMs = retryMs.first;
            changed(null);
          },
          told: (event) => {
            if (event.id !== "") lastId = event.id;
            told(event);
          },
        });
        if (!ending.signal.aborted) changed("the connection to Sluice has ended");
      } catch (error) {
        if (ending.signal.aborted) return;
        changed((error as Error).message);
        if (error instanceof ApiError && error.status === 401) await tokenGiven(tokens, ending.signal);
      }
      await pause(waitMs, ending.signal);
      waitMs = Math.min(waitMs * 2, retryMs.most);
    }
  })();
  return () => ending.abort();
}

interface Reading {
  opened(): void;
  told(event: StreamEvent): void;
}

async function read(path: string, lastId: string, ending: AbortSignal, reading: Reading): Promise<void> {
  const silence = new AbortController();
  const leave = (): void => silence.abort();
  // A page that is left may be kept for the Back button, with its connections: some of those, and nothing else gets through to Sluice.
  // It listens again when it is come back to.
  window.addEventListener("pagehide", leave);
  let timer = setTimeout(() => silence.abort(), silenceMs);
  try {
    const response = await request(path, {
      signal: AbortSignal.any([ending, silence.signal]),
      headers: { accept: "text/event-stream", ...(lastId === "" ? {} : { "last-event-id": lastId }) },
    });
    reading.opened();
    const reader = new EventReader((event) => reading.told(event));
    const decoder = new TextDecoder();
    for (const stream = response.body!.getReader(); ; ) {
      const { value, done } = await stream.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), silenceMs);
      reader.push(decoder.decode(value, { stream: true }));
    }
  } catch (error) {
    if ((error as Error).name === "AbortError" || !(error instanceof ApiError))
      throw new Error("the connection to Sluice is lost", { cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
    window.removeEventListener("pagehide", leave);
  }
}

function pause(ms: number, ending: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    ending.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Asking again with the same token would only be refused again, and counted against us. */
function tokenGiven(known: number, ending: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const stop = tokenCount.subscribe((now) => {
      if (now === known) return;
      queueMicrotask(() => stop());
      resolve();
    });
    ending.addEventListener("abort", () => resolve());
  });
}
