// Takes a profile of this process: where its processor time goes for a while, or all that lies on its heap. Wiring only: control and
// workers are told to by /debug/ (control/api/debug.ts). The runtime's parts for it are loaded when they are first wanted.
//
// What it costs: a CPU profile samples a thousand times a second and takes some 3 % of what a busy process does. A heap snapshot stops the
// process for 60 to 100 ms for each MB on its heap, and takes five times that memory while it is made, which is not all given back.

import { writeFileSync } from "node:fs";
import type { ProfileOrder } from "./config/message.ts";

const sampleUs = 1000;

/** Writes the file that the order names. Rejects with the reason. */
export function takeProfile(order: ProfileOrder): Promise<void> {
  return order.what === "heap" ? takeHeap(order.path) : takeCpu(order.path, order.seconds);
}

async function takeCpu(path: string, seconds: number): Promise<void> {
  const { Session } = await import("node:inspector/promises");
  const session = new Session();
  session.connect();
  try {
    await session.post("Profiler.enable");
    await session.post("Profiler.setSamplingInterval", { interval: sampleUs });
    await session.post("Profiler.start");
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    const { profile } = await session.post("Profiler.stop");
    writeFileSync(path, JSON.stringify(profile), { mode: 0o600 });
  } finally {
    session.disconnect();
  }
}

async function takeHeap(path: string): Promise<void> {
  const { writeHeapSnapshot } = await import("node:v8");
  // Nobody else may read what is in it: the file is there, and ours, before anything is written to it.
  writeFileSync(path, "", { mode: 0o600 });
  writeHeapSnapshot(path);
}
