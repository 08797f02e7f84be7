// All members of an egress pool, asked for page after page: an answer of 10,000 at once would take the control process some ten megabytes that it
// does not need otherwise. What is told is always a whole list; a page that fails leaves the former one.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { MemberSummary, MembersAnswer } from "../../../src/control/egress/answer.ts";
import { ApiError, ask, tokenCount } from "./api.ts";
import type { Resource } from "./resource.ts";

export interface Members {
  readonly pool: string;
  readonly members: readonly MemberSummary[];
}

const pageMembers = 1000;

/** `query`: "state=unavailable", or "" for all. Null asks for nothing. */
export function useMembersOf(pool: string, query: string | null, everyMs: number): Resource<Members> {
  const data = useSignal<Members | null>(null);
  const error = useSignal<ApiError | null>(null);
  const again = useRef<() => void>(() => {});
  useEffect(() => {
    [data.value, error.value] = [null, null];
    if (query === null) return;
    const ending = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let round = 0;
    const read = async (): Promise<void> => {
      clearTimeout(timer);
      const own = ++round;
      try {
        const members = await readAll(pool, query, ending.signal);
        if (own !== round) return;
        [data.value, error.value] = [{ pool, members }, null];
      } catch (caught) {
        if (ending.signal.aborted || own !== round) return;
        error.value = caught instanceof ApiError ? caught : new ApiError(0, (caught as Error).message);
      }
      if (!ending.signal.aborted) timer = setTimeout(() => void read(), everyMs);
    };
    again.current = () => void read();
    // At once, and again when a token was given.
    const stop = tokenCount.subscribe(() => void read());
    return () => {
      ending.abort();
      clearTimeout(timer);
      stop();
    };
  }, [pool, query, everyMs]);
  return { data, error, again: () => again.current() };
}

async function readAll(pool: string, query: string, signal: AbortSignal): Promise<readonly MemberSummary[]> {
  const all = new Map<string, MemberSummary>();
  for (let offset = 0; ; offset += pageMembers) {
    const path = `/api/v1/egress/${encodeURIComponent(pool)}?limit=${pageMembers}&offset=${offset}&${query}`;
    const { members, found } = await ask<MembersAnswer>(path, { signal });
    // A state may change between two pages, and then a member stands on both.
    for (const member of members) all.set(member.id, member);
    if (offset + pageMembers >= found || members.length === 0) return [...all.values()];
  }
}
