// Lines of one or more files in turn, or of standard input ("-"), gzip or not, read in pieces: a log may be larger than memory. What has
// been read is told as bytes of the files, so that somebody who waits can be told how far it is. Lines that are too long are counted
// and passed over.

import { createReadStream, statSync } from "node:fs";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";

export const lineBytesMax = 65_536;

export interface LinesOptions {
  /** "-" where it is not a file. */
  readonly path: string;
  /** So many bytes of the file, as it lies on the disk. */
  readonly took: (bytes: number) => void;
  readonly tooLong: () => void;
}

/** Of all; null where that cannot be known. */
export function sizeOf(paths: readonly string[]): number | null {
  if (paths.includes("-")) return null;
  return paths.reduce((sum, path) => sum + statSync(path).size, 0);
}

/** Arrays of lines, a piece at a time. Throws the system's error where a file cannot be read. */
export async function* linesOf({ path, took, tooLong }: LinesOptions): AsyncGenerator<readonly string[]> {
  const file: Readable = path === "-" ? process.stdin : createReadStream(path, { highWaterMark: 1 << 20 });
  file.on("data", (piece: Buffer) => took(piece.length));
  const opened = path.endsWith(".gz") ? file.pipe(createGunzip()) : file;
  if (opened !== file) file.on("error", (error) => opened.destroy(error));
  try {
    let rest = "";
    let isPassedOver = false;
    const decoder = new TextDecoder();
    for await (const piece of opened as AsyncIterable<Buffer>) {
      const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
      rest = lines.pop()!;
      if (isPassedOver && lines.length > 0) {
        lines.shift();
        isPassedOver = false;
      }
      if (rest.length > lineBytesMax) {
        if (!isPassedOver) tooLong();
        isPassedOver = true;
        rest = "";
      }
      const whole = lines.filter((line) => line.length <= lineBytesMax);
      for (let count = lines.length - whole.length; count > 0; count--) tooLong();
      yield whole.map(withoutReturn).filter((line) => line !== "");
    }
    if (rest !== "" && !isPassedOver) yield [withoutReturn(rest)];
  } finally {
    // A pipe goes on holding what it reads from when who reads has had enough.
    if (file !== process.stdin) file.destroy();
  }
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
