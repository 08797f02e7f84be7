// What contradicts itself within one answer: a file that holds it whole beside parts of it, a body with a status that has none. The
// file itself is read later, by loadreplies.ts.

import type { Path } from "./problem.ts";
import { isSection, type Report, sectionOf } from "./section.ts";

/** What a file of a whole answer says itself. */
const inFile = ["reason", "headers", "type", "body"] as const;

export function reviewReply(value: unknown, path: Path, report: Report): void {
  if (!isSection(value)) return;
  const reply = sectionOf(value);
  for (const key of inFile)
    if (reply["file"] !== undefined && reply[key] !== undefined)
      report("error", [...path, key], "key", "cannot stand beside file, which holds the whole answer");
  if (reply["file"] !== undefined && reply["template"] === true)
    report("error", [...path, "template"], "key", "cannot stand beside file, whose bytes are sent as they are");
  const { status } = reply;
  if ((status === 204 || status === 304) && reply["body"] !== undefined)
    report("error", [...path, "body"], "key", `cannot stand beside the status ${status}, with which no body is sent`);
  if (reply["type"] !== undefined && reply["body"] === undefined && reply["file"] === undefined)
    report("warning", [...path, "type"], "key", "is of no account without a body");
}

/** By status or by the code of a fault, of a listener, of a pool, or at the top. */
export function reviewErrors(value: unknown, path: Path, report: Report): void {
  for (const [key, answer] of Object.entries(sectionOf(value))) {
    const at = [...path, key];
    reviewReply(answer, at, report);
    const isSaid = isSection(answer);
    const status = isSaid ? sectionOf(answer)["status"] : answer;
    if (typeof status === "number" && isBodiless(status))
      report(
        "error",
        isSaid ? [...at, "status"] : at,
        "value",
        `must be a status with a body, for an error is to be told; ${status} never has one`,
      );
  }
}

/** Their answers end with their heads (RFC 9110 15.3.5, 15.3.6, 15.4.5). */
export function isBodiless(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}
