// Signals that come while a program still loads what obeys them: unheeded, each of them would end it. They are held from the first line on,
// before anything else is loaded, and obeyed when somebody can. The launcher (bin/sluice) holds what comes until it hears that we do: the end
// of a channel that it has given us.

import { closeSync } from "node:fs";

const signals = ["SIGHUP", "SIGUSR1", "SIGUSR2"] as const;
type Held = (typeof signals)[number];
/** The descriptor of the launcher's channel. */
const channel = "SLUICE_LAUNCHER_CHANNEL";

const held: Held[] = [];
const hold = (signal: NodeJS.Signals): void => void held.push(signal as Held); // It listens for no others.

export function holdSignals(): void {
  for (const signal of signals) process.on(signal, hold);
}

/** Whoever obeys them listens by now. */
export function obeyHeld(): void {
  for (const signal of signals) process.off(signal, hold);
  for (const signal of held.splice(0)) process.emit(signal, signal);
}

/** Signals may come. */
export function tellLauncher(): void {
  const descriptor = Number(process.env[channel] ?? "");
  delete process.env[channel];
  if (!Number.isSafeInteger(descriptor) || descriptor < 3) return;
  try {
    closeSync(descriptor);
  } catch {
    // It has none.
  }
}

/** Whether the words of a command line are of a command that obeys signals until it is ended; options alone are the demo's, or run's. */
export function obeysSignals([first]: readonly string[]): boolean {
  return first === undefined || first.startsWith("-") || obeying.includes(first);
}

const obeying: readonly string[] = ["run", "demo", "goproxy", "gopherproxy", "ipmanager"];
