// What had changed before `top` came to look, the newest first: for somebody who looks because something has gone wrong a moment ago. Asked
// for once; what comes after is told by the stream. Where nobody answers there is nothing, for the stream says why.

import type { ChangeRecord, ChangesAnswer } from "../../control/api/shape/change.ts";
import type { Remote } from "../client.ts";
import { changesMax } from "./watched.ts";

export async function readChanges(remote: Remote): Promise<readonly ChangeRecord[]> {
  const answer = await remote("GET", `/api/v1/changes?limit=${changesMax}`);
  if (!answer.ok || answer.status !== 200) return [];
  return (answer.body as ChangesAnswer).changes; // What our own admin interface answers.
}
