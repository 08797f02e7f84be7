// The entry of the command line. A data worker is this same program with one hidden word, so that a compiled single executable
// can start its own workers; it is told apart before anything else is loaded, for a worker has no use for the command line,
// the schema or the readers of configs, and should not carry their memory.

if (process.argv[2] === "worker" && process.env["SLUICE_WORKER"] !== undefined) {
  const { startWorker } = await import("./worker.ts");
  startWorker();
} else {
  const { main } = await import("./cli/program.ts");
  await main(process.argv.slice(2));
}

export {};
