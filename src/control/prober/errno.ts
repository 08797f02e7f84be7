// The errors of the system in words that say what to look at. A code says it all to whoever wrote the kernel and nothing to who is
// woken at night; one that is not in the table is said as it is.

const words: Record<string, string> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "network unreachable",
  ETIMEDOUT: "timed out",
  ENOENT: "no such socket",
  EACCES: "permission denied",
  EMFILE: "no file descriptor is left",
  ENFILE: "no file descriptor is left",
  EADDRNOTAVAIL: "this machine does not have the source address, or no port is left",
};

export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === "string" && code !== "" ? code : error.message;
}

export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  return words[code] ?? code;
}
