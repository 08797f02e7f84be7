// What can go wrong with an authority, as one kind of error with what follows of it: whether the authority was not there, whether it refuses,
// whether it could not find the token, and how long it wants to be left alone. What it says in its own words goes to logs and answers, so
// it is cut and made printable here, once.

/**
 * away: nothing was heard, or nothing that can be understood. refused: it said no. failed: it has looked, and a name does not lead here: of
 * that only a few are allowed. limited: it wants to be left alone for a while. ours: it is this machine's doing. gone: what was asked
 * for is not there any more.
 */
export type TroubleKind = "away" | "refused" | "failed" | "limited" | "ours" | "gone";

export class Trouble extends Error {
  readonly kind: TroubleKind;
  /** The authority's name for it, without its prefix: "rateLimited". "" where it gave none. */
  readonly type: string;
  /** 0: it said nothing of that. */
  readonly retryAfterMs: number;

  constructor(
    kind: TroubleKind,
    message: string,
    { type = "", retryAfterMs = 0 }: { readonly type?: string; readonly retryAfterMs?: number } = {},
  ) {
    super(message);
    this.kind = kind;
    this.type = type;
    this.retryAfterMs = retryAfterMs;
  }
}

/** What is no trouble with the authority is one of this machine: a disk that is full, a chain that is none. */
export function troubleOf(error: unknown): Trouble {
  return error instanceof Trouble ? error : new Trouble("ours", safeText((error as Error).message));
}

/** The authority knows our account no more. */
export function isAccountLost(error: unknown): boolean {
  return error instanceof Trouble && error.type === "accountDoesNotExist";
}

/** `daysLeft`: of the certificate that is in use, null where there is none. */
export function consequenceOf(daysLeft: number | null): string {
  if (daysLeft === null) return "certificate could not be had, and clients are shown a placeholder that they refuse";
  if (daysLeft < 0) return "certificate could not be renewed, and has expired";
  return `certificate could not be renewed; the one in use has ${daysLeft} days left`;
}

const lengthMax = 400;
const typePrefix = "urn:ietf:params:acme:error:";

/** Somebody else's words on one line of printable characters. */
export function safeText(text: unknown): string {
  const line = String(text ?? "")
    // Controls, marks that turn the direction of writing, and what cannot be seen.
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]+/gu, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
  return line.length <= lengthMax ? line : `${line.slice(0, lengthMax - 1)}…`;
}

/** A problem document (RFC 7807) as authorities write them, or null where it is none. */
export interface Problem {
  readonly type: string;
  /** With its type and what it says of single names. */
  readonly text: string;
}

export function problemIn(value: unknown): Problem | null {
  if (typeof value !== "object" || value === null) return null;
  const { type, detail, subproblems } = value as Record<string, unknown>; // An object of others, looked at member by member.
  if (typeof type !== "string" && typeof detail !== "string") return null;
  const name = safeText(type).replace(typePrefix, "");
  const parts = Array.isArray(subproblems) ? subproblems.slice(0, 5).map(partOf) : [];
  const said = [safeText(detail), ...parts].filter((part) => part !== "").join("; ");
  return { type: name, text: safeText(said === "" ? name : `${said} (${name})`) };
}

function partOf(value: unknown): string {
  const { detail, identifier } = (value ?? {}) as Record<string, unknown>; // As above.
  const { value: name } = (identifier ?? {}) as Record<string, unknown>;
  return name === undefined ? safeText(detail) : `${safeText(name)}: ${safeText(detail)}`;
}

/** Seconds, or a date; 0 for what is neither, or over. */
export function retryAfterMs(value: string | null, nowMs: number): number {
  if (value === null) return 0;
  const ms = /^\d{1,9}$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - nowMs;
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}
