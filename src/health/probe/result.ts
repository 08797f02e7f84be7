// What a check comes to, whatever its kind. The reason is for people, in logs and on the status page: it must say in plain words
// what to look at, without a prefix that says again that it is a check of this server.

export interface ProbeResult {
  readonly isHealthy: boolean;
  /** `status 200`, `connecting failed: connection refused`, `its certificate expired 3 days ago`. */
  readonly reason: string;
  /** The final status of an http check, or null when there was none. */
  readonly status: number | null;
}

/** Of what somebody else has said, a reason quotes no more than this. */
const quotedCharactersMax = 40;

export function healthy(reason: string, status: number | null = null): ProbeResult {
  return { isHealthy: true, reason, status };
}

export function unhealthy(reason: string, status: number | null = null): ProbeResult {
  return { isHealthy: false, reason, status };
}

/** Bytes as latin-1, in quotation marks, with nothing in it that could disturb a terminal or a line of the log. */
export function quoted(text: string): string {
  const shown = text.slice(0, quotedCharactersMax).replace(/[^\x20-\x7e]|["\\]/g, escaped);
  return `"${shown}${text.length > quotedCharactersMax ? "..." : ""}"`;
}

const escapes: Record<string, string> = { "\r": "\\r", "\n": "\\n", "\t": "\\t", '"': '\\"', "\\": "\\\\" };

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  return escapes[character] ?? (code > 0xff ? "?" : `\\x${code.toString(16).padStart(2, "0")}`);
}

/** Bytes that stand in a plan as latin-1, one character each. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
