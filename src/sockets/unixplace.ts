// A unix socket's place in the file system: who has it, and how a listener of ours comes to stand there and leaves it again, for both
// planes. What a process left behind that died is removed; what somebody listens on, or may, is not, nor what another has put there since
// we did. So it is asked with the system's own words, for Bun's errors do not tell a dead socket from one that is too busy to answer; and a
// socket is bound under a name beside its place and linked into it, as HAProxy does it: it is found there when it takes connections and has
// its owner and mode, and the runtime, which removes the name that it has bound when it closes, leaves the place alone.
//
// All of that is Linux. Elsewhere a socket is bound at its place, and who has it is not known here: control asks by a connection before.

import { dlopen, FFIType, type Pointer, ptr, read } from "bun:ffi";
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  type Stats,
  unlinkSync,
} from "node:fs";
import { constants as system } from "node:os";
import { basename, dirname } from "node:path";

/** left: of a process that is gone. closed: this user may not ask. unknown: the system cannot be asked. */
export type Holding = "free" | "left" | "taken" | "closed" | "file" | "unknown";

const isLinux = process.platform === "linux";
/** sun_path of struct sockaddr_un, with the zero that ends it. */
const pathBytes = 108;
const familyUnix = 1;
/** SOCK_STREAM with SOCK_CLOEXEC and SOCK_NONBLOCK, of Linux on x64 and arm64. */
const streamKind = 0x1 | 0x80000 | 0x800;
/** Linux; node:fs does not name it. */
const pathOnly = 0x200000;
const { EACCES, ECONNREFUSED, ENOENT, EPERM } = system.errno;

/** Who has the place. Nothing is changed. */
export function holdingOf(path: string): Holding {
  const found = foundAt(path);
  if (found === null) return "free";
  if (!found.isSocket()) return "file";
  switch (connectError(path)) {
    case null:
      return "unknown";
    case ENOENT:
      return "free";
    case ECONNREFUSED:
      // Between bind and listen a socket refuses like one that is gone.
      return isBound(path) ? "taken" : "left";
    case EACCES:
    case EPERM:
      return "closed";
    default:
      // Somebody took the connection, has no room for it (EAGAIN), or has a socket of another kind there (EPROTOTYPE).
      return "taken";
  }
}

/** Null where somebody may listen there now: what was left behind is removed. Otherwise why not, as the rest of a sentence. */
export function clearPlace(path: string, holding: Holding = holdingOf(path)): string | null {
  switch (holding) {
    case "free":
      return null;
    case "left":
    case "unknown":
      try {
        unlinkSync(path);
        return null;
      } catch (error) {
        return (error as NodeJS.ErrnoException).code === "ENOENT" ? null : (error as Error).message;
      }
    default:
      return problems[holding];
  }
}

const problems = {
  file: "a file that is no socket stands there",
  taken: "the socket is in use",
  closed: "this user may not ask who has the socket there; remove it if nobody does",
} as const;

export interface Bound<Server> {
  readonly server: Server;
  /** Said when the server has stopped. What another has put there since stays. */
  leave(): void;
}

/** What a listener of Bun's has. */
interface Stoppable {
  stop(isAtOnce?: boolean): unknown;
}

/**
 * A server that `bind` makes at the path that it is given. `dress` gives it an owner and a mode before anybody finds it, by a path that leads
 * to this socket whatever is put in its place meanwhile. Throws what `bind` does, and an error of code EADDRINUSE where somebody has the place.
 */
export function bindAt<Server extends Stoppable>(
  path: string,
  bind: (at: string) => Server,
  dress: (at: string) => void = () => {},
): Bound<Server> {
  const problem = clearPlace(path);
  if (problem !== null) throw inUse(path, problem);
  const draft = draftOf(path);
  const at = isLinux && Buffer.byteLength(draft) < pathBytes ? draft : path;
  const server = named(path, at, bind);
  try {
    const own = isLinux ? dressed(at, dress) : dressedPlainly(at, dress);
    if (at !== path) moveTo(path, at);
    return { server, leave: () => removeOwn(path, own) };
  } catch (error) {
    server.stop(true);
    throw error;
  }
}

/** As /proc/net/unix has a socket that listens at `path`: by the name that it was bound with. */
export function isNameAt(name: string, path: string): boolean {
  return name === path || (name.startsWith(path) && /^\.[0-9a-f]{8}\.new$/.test(name.slice(path.length)));
}

/** Whoever reads an error knows the place, and not the name beside it. */
function named<Server>(path: string, at: string, bind: (at: string) => Server): Server {
  try {
    return bind(at);
  } catch (error) {
    if (error instanceof Error) error.message = error.message.replaceAll(at, path);
    throw error;
  }
}

/** Null too where this user may not look: to listen there fails then, and says why. */
function foundAt(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch {
    return null;
  }
}

function draftOf(path: string): string {
  return `${path}.${crypto.randomUUID().slice(0, 8)}.new`;
}

interface Identity {
  readonly ino: number;
  readonly dev: number;
}

/** The descriptor is of the socket's file itself, never of what a link that stands there by now leads to. */
function dressed(at: string, dress: (at: string) => void): Identity {
  const descriptor = openSync(at, pathOnly | constants.O_NOFOLLOW);
  try {
    const found = fstatSync(descriptor);
    if (!found.isSocket() || found.uid !== process.geteuid!())
      throw inUse(at, "something else was put in the place of its socket");
    dress(`/proc/self/fd/${descriptor}`);
    return { ino: found.ino, dev: found.dev };
  } finally {
    closeSync(descriptor);
  }
}

function dressedPlainly(at: string, dress: (at: string) => void): Identity {
  const found = lstatSync(at);
  if (!found.isSocket()) throw inUse(at, "something else was put in the place of its socket");
  dress(at);
  return { ino: found.ino, dev: found.dev };
}

/** By a link, which takes no place that somebody has got meanwhile; a file system without links has it by its new name. */
function moveTo(path: string, draft: string): void {
  try {
    linkSync(draft, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw inUse(path, "the socket is in use");
    renameSync(draft, path);
    return;
  }
  unlinkSync(draft);
}

function removeOwn(path: string, { ino, dev }: Identity): void {
  try {
    const found = foundAt(path);
    if (found?.ino === ino && found.dev === dev) unlinkSync(path);
  } catch {
    // It is gone already.
  }
}

function inUse(path: string, why: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`unix:${path}: ${why}`), { code: "EADDRINUSE" });
}

const signatures = {
  socket: { args: [FFIType.i32, FFIType.i32, FFIType.i32], returns: FFIType.i32 },
  connect: { args: [FFIType.i32, FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
  close: { args: [FFIType.i32], returns: FFIType.i32 },
  __errno_location: { args: [], returns: FFIType.ptr },
} as const;

type Calls = ReturnType<typeof dlopen<typeof signatures>>["symbols"];
let calls: Calls | null | undefined;

/** What the system says to a connection, 0 where it is made; null where it cannot be asked. Nothing blocks. */
function connectError(path: string): number | null {
  calls ??= isLinux ? findCalls() : null;
  if (calls === null) return null;
  const folder = Buffer.byteLength(path) < pathBytes ? -1 : openSync(dirname(path), pathOnly);
  try {
    const address = addressOf(folder === -1 ? path : `/proc/self/fd/${folder}/${basename(path)}`);
    const errno = calls.__errno_location() as Pointer;
    const descriptor = address === null ? -1 : calls.socket(familyUnix, streamKind, 0);
    if (address === null || descriptor < 0) return null;
    const result = calls.connect(descriptor, ptr(address), address.length);
    const error = result === 0 ? 0 : read.i32(errno, 0);
    calls.close(descriptor);
    return error;
  } finally {
    if (folder !== -1) closeSync(folder);
  }
}

function findCalls(): Calls | null {
  for (const name of ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`]) {
    try {
      return dlopen(name, signatures).symbols;
    } catch {
      // The next one, or none.
    }
  }
  return null;
}

/** struct sockaddr_un; null for a name that is too long. */
function addressOf(path: string): Uint8Array | null {
  const bytes = Buffer.from(path);
  if (bytes.length >= pathBytes) return null;
  const address = new Uint8Array(2 + bytes.length + 1);
  new Uint16Array(address.buffer, 0, 1)[0] = familyUnix;
  address.set(bytes, 2);
  return address;
}

/** Columns: address, references, protocol, flags, type, state, inode, path. A socket that neither listens nor is a connection. */
function isBound(path: string): boolean {
  const file = "/proc/net/unix";
  if (!existsSync(file)) return false;
  return readFileSync(file, "utf8")
    .split("\n")
    .some((line) => {
      const [, , , flags, , state, , ...name] = line.split(" ").filter((word) => word !== "");
      return name.join(" ") === path && flags === "00000000" && state === "01";
    });
}
