// Whether a certificate is valid at a moment, in words. Days are counted as people do: what ends in 47 hours has one day left. The
// moment comes in as a parameter; nothing here reads a clock. Sentences continue the certificate's file.

export interface Validity {
  readonly state: "valid" | "expiring" | "expired" | "early";
  /** Null while there is nothing to say. */
  readonly message: string | null;
}

/** Less than this is told: automatic renewal comes at 30 days, so whoever gets here is not renewed. */
export const expiringDays = 14;

const dayMs = 86_400_000;

export function validityOf(
  { notBeforeMs, notAfterMs }: { readonly notBeforeMs: number; readonly notAfterMs: number },
  nowMs: number,
): Validity {
  if (nowMs > notAfterMs)
    return { state: "expired", message: `expired on ${momentText(notAfterMs)}, ${span(nowMs - notAfterMs)} ago` };
  if (nowMs < notBeforeMs)
    return {
      state: "early",
      message: `is not valid before ${momentText(notBeforeMs)}, in ${span(notBeforeMs - nowMs)}; is the clock of this machine right?`,
    };
  if (notAfterMs - nowMs >= expiringDays * dayMs) return { state: "valid", message: null };
  return { state: "expiring", message: `expires on ${momentText(notAfterMs)}, in ${span(notAfterMs - nowMs)}` };
}

/** Whole days until it expires; below zero since it has: as many as it is over, and -1 within the first. */
export function daysLeft(notAfterMs: number, nowMs: number): number {
  const left = notAfterMs - nowMs;
  return left >= 0 ? Math.floor(left / dayMs) : -Math.max(1, Math.floor(-left / dayMs));
}

/** `2026-11-21 08:48 UTC`. */
export function momentText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function span(ms: number): string {
  const days = Math.floor(ms / dayMs);
  if (days > 0) return counted(days, "day");
  const hours = Math.floor(ms / 3_600_000);
  return hours > 0 ? counted(hours, "hour") : counted(Math.floor(ms / 60_000), "minute");
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
