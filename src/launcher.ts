// The launcher (bin/sluice) is what its user sees and ends; what it has started is to end with it, as gracefully as by SIGTERM, even where
// the launcher could pass no signal on: killed by SIGKILL, or for want of memory. It names itself in SLUICE_LAUNCHER. Linux sends the signal
// by itself (prctl(2), PR_SET_PDEATHSIG); elsewhere a look at who the parent is finds it out. Who starts the program without a launcher,
// as a service manager starts the compiled one, has it run for as long as it likes.

import { dlopen, FFIType } from "bun:ffi";

const variable = "SLUICE_LAUNCHER";
const setParentDeathSignal = 1;
const sigterm = 15;
const lookMs = 1000;

/** Nothing, where there is none. `end`: it is gone. */
export function endWithLauncher(end: () => void = () => process.kill(process.pid, "SIGTERM")): void {
  const launcher = Number(process.env[variable] ?? "");
  // What this process starts has it for its parent, and no launcher.
  delete process.env[variable];
  if (!Number.isSafeInteger(launcher) || launcher < 1) return;
  const isTold = isToldBySystem();
  // It may have gone before the system was asked.
  if (process.ppid !== launcher) return end();
  if (isTold) return;
  const looking = setInterval(() => {
    if (process.ppid === launcher) return;
    clearInterval(looking);
    end();
  }, lookMs);
  looking.unref();
}

function isToldBySystem(): boolean {
  if (process.platform !== "linux") return false;
  for (const library of ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`]) {
    try {
      const { symbols } = dlopen(library, {
        prctl: { args: [FFIType.i32, FFIType.u64, FFIType.u64, FFIType.u64, FFIType.u64], returns: FFIType.i32 },
      });
      return symbols.prctl(setParentDeathSignal, sigterm, 0, 0, 0) === 0;
    } catch {
      // The next one, or none.
    }
  }
  return false;
}
