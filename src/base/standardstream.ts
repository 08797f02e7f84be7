// The names by which operators and other programs' configs call what a process was started with as standard output and standard error.
// Where that is a socket, as service managers give it, or a terminal or pipe that another user has made, the system refuses to open it by
// such a name: whoever has the descriptor writes to that itself. It asks the system nothing.

const names: ReadonlyMap<string, 1 | 2> = new Map<string, 1 | 2>([
  ["/dev/stdout", 1],
  ["/dev/fd/1", 1],
  ["/proc/self/fd/1", 1],
  ["/dev/stderr", 2],
  ["/dev/fd/2", 2],
  ["/proc/self/fd/2", 2],
]);
const refusals: readonly string[] = ["ENXIO", "EACCES", "EPERM"];

/** The descriptor of a path that could not be opened, to be written to instead; null: it is another file, or is not there. */
export function standardInstead(path: string, code: string | undefined): 1 | 2 | null {
  return code !== undefined && refusals.includes(code) ? (names.get(path) ?? null) : null;
}
