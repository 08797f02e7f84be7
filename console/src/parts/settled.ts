// A value as it was when it last stood still: what is typed is asked for when the fingers rest, not with every letter.
// It is for questions that cost the server something; what is searched in the page itself needs no rest.

import { useEffect, useState } from "preact/hooks";

export function useSettled<T extends string | null>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
