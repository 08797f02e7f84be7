// Programs that a test needs beside Bun. A test whose program is missing is skipped, and says so in its name.

import { test } from "bun:test";

const path = `${process.env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;

export function find(name: string): string | null {
  return Bun.which(name, { PATH: path });
}

/** `test`, or a skipped one that names what is missing. */
export function testWith(
  programs: readonly string[],
): (name: string, body: () => Promise<void>, timeoutMs?: number) => void {
  const missing = programs.filter((program) => find(program) === null);
  if (missing.length === 0) return (name, body, timeoutMs) => test(name, body, timeoutMs);
  return (name, body, timeoutMs) => test.skip(`${name} (skipped: ${missing.join(", ")} missing)`, body, timeoutMs);
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly bytes: Buffer;
  readonly err: string;
}

/** Runs a program to its end. */
export async function ran(command: readonly string[], options: RanOptions = {}): Promise<Ran> {
  const child = Bun.spawn([...command], {
    stdin: options.stdin ?? "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? 20_000);
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).arrayBuffer(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  clearTimeout(timer);
  const bytes = Buffer.from(out);
  return { code, out: bytes.toString(), bytes, err };
}

export interface RanOptions {
  readonly stdin?: Uint8Array;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly timeoutMs?: number;
}

/** curl with its progress hidden and errors shown. */
export function curl(...args: readonly string[]): Promise<Ran> {
  return ran([find("curl") ?? "curl", "-sS", "--max-time", "15", ...args]);
}
