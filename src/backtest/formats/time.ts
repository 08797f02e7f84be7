// Times of access logs, as texts: 22/Nov/2026:09:06:03 +0000, 2026-11-22T09:06:03.123Z, 1795338363.123, and HAProxy's
// 22/Nov/2026:09:06:03.123, which has no zone and is taken for UTC. NaN for what is none.

import { LogTimes } from "../../control/egresslog/logtime.ts";

const times = new LogTimes();
const encoder = new TextEncoder();

export function timeOf(text: string): number {
  const withMs = /^(\d{2}\/\w{3}\/\d{4}:\d{2}:\d{2}:\d{2})\.(\d{3})$/.exec(text);
  if (withMs !== null) return timeOf(`${withMs[1]} +0000`) + Number(withMs[2]);
  const bytes = encoder.encode(text);
  return times.any(bytes, 0, bytes.length);
}
