// A sink on files that take a write when a test tells them to, as far as it tells them to, with a clock and timers that the test moves. It
// knows nothing of what is tested; a file holds that it is written one write at a time, with something in it, and closed once.

import { expect } from "bun:test";
import type { LogFile, LogOpener } from "./file.ts";
import { Sink, type SinkOptions } from "./sink.ts";

/** A file that takes a write when it is told to, as far as it is told to. */
export class FakeFile implements LogFile {
  text = "";
  isClosed = false;
  pending: {
    bytes: Uint8Array;
    start: number;
    end: number;
    done: (error: Error | null, written: number) => void;
  } | null = null;

  write(bytes: Uint8Array, start: number, end: number, done: (error: Error | null, written: number) => void): void {
    expect(this.pending).toBeNull();
    expect(this.isClosed).toBe(false);
    expect(end).toBeGreaterThan(start);
    this.pending = { bytes, start, end, done };
  }

  take(bytesMax: number = Number.POSITIVE_INFINITY): void {
    const { bytes, start, end, done } = this.pending!;
    const written = Math.min(end - start, bytesMax);
    this.text += Buffer.from(bytes.slice(start, start + written)).toString();
    this.pending = null;
    done(null, written);
  }

  fail(code: string): void {
    const { done } = this.pending!;
    this.pending = null;
    done(Object.assign(new Error(code), { code }), 0);
  }

  readEnd(bytes: number): Uint8Array {
    return Buffer.from(this.text.slice(-bytes));
  }

  close(): void {
    expect(this.isClosed).toBe(false);
    this.isClosed = true;
  }
}

export class World {
  readonly files: FakeFile[] = [];
  readonly warnings: string[] = [];
  readonly timers: { atMs: number; then: () => void }[] = [];
  nowMs = 0;
  written = 0;
  dropped = 0;
  isOpenable = true;
  readonly options: SinkOptions;
  readonly sink: Sink;

  constructor(bufferBytesMax = 1_000_000) {
    const openFile = (): FakeFile => {
      this.files.push(new FakeFile());
      return this.files.at(-1)!;
    };
    const opener: LogOpener = {
      openNow: openFile,
      open: (_, done) =>
        this.isOpenable ? done(null, openFile()) : done(Object.assign(new Error("no"), { code: "EACCES" }), null),
    };
    this.options = {
      path: "access.log",
      bufferBytesMax,
      flushMs: 100,
      opener,
      written: (lines) => (this.written += lines),
      dropped: (lines) => (this.dropped += lines),
      warn: (message) => this.warnings.push(message),
      nowMs: () => this.nowMs,
      after: (ms, then) => this.timers.push({ atMs: this.nowMs + ms, then }),
    };
    this.sink = new Sink(this.options);
  }

  get file(): FakeFile {
    return this.files.at(-1)!;
  }

  line(text: string): boolean {
    const room = this.sink.room();
    if (room === null) return false;
    room.set(Buffer.from(`${text}\n`), this.sink.at);
    this.sink.took(this.sink.at + text.length + 1);
    return true;
  }

  pass(ms: number): void {
    this.nowMs += ms;
    const due = this.timers.filter((timer) => timer.atMs <= this.nowMs);
    for (const timer of due) this.timers.splice(this.timers.indexOf(timer), 1);
    for (const timer of due) timer.then();
  }
}
