// The entry of the command line. A data worker, the process that runs a TypeScript config, and the one that tests it, are this same
// program with a hidden word, so that a compiled single executable can start them; they are told apart before anything else is loaded, for a worker has no use for the command line,
// the schema or the readers of configs, and should not carry their memory.

import { dlopen, FFIType } from "bun:ffi";

/** runtimeThreads of base/limits.ts. Importing that would already start the first of them. */
const threads = "64";

if (process.argv[2] === "worker" && process.env["SLUICE_WORKER"] !== undefined) {
  const { startWorker } = await import("./worker.ts");
  startWorker();
} else if (process.argv[2] === "evaluate" && process.env["SLUICE_EVALUATE"] !== undefined) {
  const { evaluateProgram } = await import("./config/loadevaluate.ts");
  await evaluateProgram(process.argv[3]!);
} else if (process.argv[2] === "tested" && process.env["SLUICE_TESTED"] !== undefined) {
  const { runCourse } = await import("./testing/course.ts");
  await runCourse(process.argv[3]!, Number(process.argv[4]));
} else {
  haveThreads();
  const { holdSignals, obeysSignals, tellLauncher } = await import("./heldsignals.ts");
  if (obeysSignals(process.argv.slice(2))) holdSignals();
  tellLauncher();
  const { endWithLauncher } = await import("./launcher.ts");
  endWithLauncher();
  const { main } = await import("./cli/program.ts");
  await main(process.argv.slice(2));
}

/**
 * The runtime looks for the number in the environment when it starts the first thread, and does not see there what a program sets in
 * `process.env`: so the C library is told. Workers have it from the process that starts them.
 */
function haveThreads(): void {
  const libraries =
    process.platform === "darwin"
      ? ["libSystem.B.dylib"]
      : ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`];
  for (const library of libraries) {
    try {
      const { symbols } = dlopen(library, {
        setenv: { args: [FFIType.cstring, FFIType.cstring, FFIType.i32], returns: FFIType.i32 },
      });
      symbols.setenv(Buffer.from("UV_THREADPOOL_SIZE\0"), Buffer.from(`${threads}\0`), 1);
      return;
    } catch {
      // The next one, or none: as many as there are cores.
    }
  }
}
