// The entry of the command line. A data worker, the process that runs a TypeScript config, and the one that tests it, are this same
// program with a hidden word, so that a compiled single executable can start them; they are told apart before anything else is loaded, for a worker has no use for the command line,
// the schema or the readers of configs, and should not carry their memory.

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
  const { holdSignals, obeysSignals, tellLauncher } = await import("./heldsignals.ts");
  if (obeysSignals(process.argv.slice(2))) holdSignals();
  tellLauncher();
  const { endWithLauncher } = await import("./launcher.ts");
  endWithLauncher();
  const { main } = await import("./cli/program.ts");
  await main(process.argv.slice(2));
}

export {};
