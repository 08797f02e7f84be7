// The last answer, while another is on its way: who types into a search, or asks for another order, sees the former rows until the new
// ones are there, and no empty table in between. Answers of another subject are not kept.

import { useRef } from "preact/hooks";
import type { Resource } from "../data/resource.ts";

export function useKept<T>(resource: Resource<T>, isSame: (former: T) => boolean): T | null {
  const kept = useRef<T | null>(null);
  if (resource.data.value !== null) kept.current = resource.data.value;
  return kept.current !== null && isSame(kept.current) ? kept.current : null;
}
