// What a page shows of something that it asks the admin API for: the content once it is there, that it is on its way (only where that takes
// so long that somebody wonders), that it cannot be had, or that what stands there is from before. One way for all pages.

import type { ComponentChildren, VNode } from "preact";
import type { Resource } from "../data/resource.ts";
import { staleSince } from "../data/store.ts";
import { Mark } from "./mark.tsx";
import { Failure } from "./notice.tsx";

export interface AskedProps<T> {
  readonly of: Resource<T>;
  /** "Asking for tables…". */
  readonly what: string;
  readonly children: (data: T) => ComponentChildren;
}

export function Asked<T>({ of, what, children }: AskedProps<T>): VNode {
  const data = of.data.value;
  if (data !== null)
    return (
      <>
        <Outdated of={of} />
        {children(data)}
      </>
    );
  if (of.error.value !== null) return <Failure error={of.error.value} again={of.again} />;
  return (
    <div class="empty waiting" role="status">
      <p>Asking for {what}…</p>
    </div>
  );
}

/** The last asking failed, and what is shown is from before. Where all of Sluice is silent the shell says so already. */
export function Outdated({ of }: { readonly of: Resource<unknown> }): VNode | null {
  const error = of.error.value;
  if (error === null || of.data.value === null || staleSince.value !== null) return null;
  return (
    <p class="outdated" role="status">
      <Mark state="warn" />
      <span>What stands here is from before: {error.message}</span>
      <button type="button" class="plain" onClick={of.again}>
        Try again
      </button>
    </p>
  );
}
