// What a page asks the admin API for by itself, and keeps asking for every so often: tables, caches, certificates. While an answer is on its
// way, or cannot be had, the former one stays, and the page can say how old it is. It stops with its component.

import { type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { ApiError, ask, tokenCount } from "./api.ts";

export interface Resource<T> {
  /** Null until the first answer. */
  readonly data: ReadonlySignal<T | null>;
  /** Of the last time that it was asked for; null: it went well. */
  readonly error: ReadonlySignal<ApiError | null>;
  readonly again: () => void;
}

/** Another path is another resource: the former answer goes. Null asks for nothing. `everyMs` 0: once. */
export function useResource<T>(path: string | null, everyMs: number): Resource<T> {
  const data = useSignal<T | null>(null);
  const error = useSignal<ApiError | null>(null);
  const again = useRef<() => void>(() => {});
  useEffect(() => {
    data.value = null;
    error.value = null;
    if (path === null) return;
    const ending = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = async (): Promise<void> => {
      clearTimeout(timer);
      try {
        data.value = await ask<T>(path, { signal: ending.signal });
        error.value = null;
      } catch (caught) {
        if (ending.signal.aborted) return;
        error.value = caught instanceof ApiError ? caught : new ApiError(0, (caught as Error).message);
      }
      if (everyMs > 0 && !ending.signal.aborted) timer = setTimeout(() => void read(), everyMs);
    };
    again.current = () => void read();
    // At once, and again when a token was given.
    const stop = tokenCount.subscribe(() => void read());
    return () => {
      ending.abort();
      clearTimeout(timer);
      stop();
    };
  }, [path, everyMs]);
  return { data, error, again: () => again.current() };
}
