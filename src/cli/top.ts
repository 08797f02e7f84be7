// `sluice top`: what a running Sluice does, each second anew. On a terminal it has the screen until q; elsewhere it writes frames below each
// other, or JSON, a line each second. When Sluice goes away it says so and waits for it.
// Exit code 0: it was ended, or one frame was all that was wanted; 1: there was nobody to ask.

import type { Writer } from "./check.ts";
import { lossText, open, type RemoteOptions, remoteOf } from "./client.ts";
import { EventReader } from "./eventreader.ts";
import type { Paint } from "./paint.ts";
import { readChanges } from "./top/earlier.ts";
import { type FrameLook, frame, type View, views } from "./top/frame.ts";
import { readHotKeys } from "./top/hotkeys.ts";
import type { Size } from "./top/screen.ts";
import { Watched } from "./top/watched.ts";

export interface TopOptions extends RemoteOptions {
  readonly once?: boolean | undefined;
  readonly view?: View | undefined;
}

/** A terminal that has keys. Null: there is none, and frames are written below each other. */
export interface TopScreen {
  readonly size: Size;
  open(pressed: (key: string) => void, resized: () => void): void;
  draw(lines: readonly string[]): void;
  close(): void;
}

export interface TopPlace {
  readonly paint: Paint;
  readonly screen: TopScreen | null;
  readonly pause: () => Promise<void>;
  /** Every few seconds, until what it answers is called. */
  readonly regularly: (work: () => void) => () => void;
}

const help = "q quit   tab, 1-7 parts   ↑↓ scroll   space pause";
const path = "/api/v1/events?topics=figures,servers,changes";
const plainWidth = 160;

export function top(options: TopOptions, writer: Writer, place: TopPlace): Promise<number> {
  return new Top(options, writer, place).run();
}

class Top {
  readonly #options: TopOptions;
  readonly #writer: Writer;
  readonly #place: TopPlace;
  readonly #watched = new Watched();
  #view: View;
  #scrolled = 0;
  #isPaused = false;
  #isEnded = false;
  #end: (code: number) => void = () => {};

  constructor(options: TopOptions, writer: Writer, place: TopPlace) {
    this.#options = options;
    this.#writer = writer;
    this.#place = place;
    this.#view = options.view ?? "all";
  }

  async run(): Promise<number> {
    const { regularly } = this.#place;
    // One frame is written where all else is: on a screen of its own it would be gone with it.
    const screen = this.#options.once === true ? null : this.#place.screen;
    const { promise: ended, resolve } = Promise.withResolvers<number>();
    this.#end = (code) => {
      this.#isEnded = true;
      resolve(code);
    };
    const remote = await remoteOf(this.#options);
    const askAgain = async (): Promise<void> => {
      const found = await readHotKeys(remote);
      if (found !== null) this.#watched.hotKeys = found;
    };
    // Before it listens, so that nothing stands there twice.
    const earlier = await readChanges(remote);
    const first = await open(this.#options, path);
    if (!first.ok) {
      this.#writer.err(`sluice: ${first.message}`);
      return 1;
    }
    await askAgain();
    this.#watched.changes.push(...earlier);
    const stop = regularly(() => void askAgain());
    screen?.open(
      (key) => this.#pressed(key),
      () => this.#draw(),
    );
    void this.#follow(first.pieces);
    const code = await ended;
    stop();
    screen?.close();
    return code;
  }

  async #follow(first: AsyncIterable<Uint8Array>): Promise<void> {
    let pieces: AsyncIterable<Uint8Array> | null = first;
    while (!this.#isEnded) {
      if (pieces !== null) await this.#listen(pieces);
      this.#draw();
      await this.#place.pause();
      const opened = await open(this.#options, path);
      pieces = opened.ok ? opened.pieces : null;
      if (!opened.ok) this.#watched.problem = opened.message;
    }
  }

  async #listen(pieces: AsyncIterable<Uint8Array>): Promise<void> {
    const reader = new EventReader();
    this.#watched.begin();
    try {
      for await (const piece of pieces) {
        const events = reader.read(piece);
        for (const event of events) this.#watched.take(event);
        if (events.some(({ name }) => name === "figures")) this.#show();
        if (this.#isEnded) return;
      }
      this.#watched.problem = "Sluice has ended the connection";
    } catch (error) {
      this.#watched.problem = lossText(error);
    }
  }

  /** A second has passed. */
  #show(): void {
    const { json, once } = this.#options;
    if (json === true) this.#writer.out(this.#json());
    else if (this.#place.screen !== null && once !== true) this.#draw();
    else this.#writer.out(frame(this.#watched, this.#plainLook()).join("\n"));
    if (once === true) this.#end(0);
  }

  #json(): string {
    const { figures, hotKeys } = this.#watched;
    return JSON.stringify({ figures, servers: this.#watched.rankedServers(), hotKeys });
  }

  #plainLook(): FrameLook {
    const { paint, screen } = this.#place;
    const size = { width: screen?.size.width ?? plainWidth, height: Number.POSITIVE_INFINITY };
    return { ...size, paint, view: this.#view, scrolled: 0, isPaused: false, help: "" };
  }

  #draw(): void {
    const { paint, screen } = this.#place;
    if (screen === null || this.#options.json === true || this.#options.once === true || this.#isEnded) return;
    if (this.#isPaused && this.#watched.problem === null) return;
    this.#drawNow(screen, paint);
  }

  #drawNow(screen: TopScreen, paint: Paint): void {
    const look = { ...screen.size, paint, view: this.#view, scrolled: this.#scrolled, isPaused: this.#isPaused, help };
    screen.draw(frame(this.#watched, look));
  }

  #pressed(key: string): void {
    const { screen, paint } = this.#place;
    const at = views.indexOf(this.#view);
    const page = Math.max(1, (screen?.size.height ?? 24) - 10);
    const steps: Readonly<Record<string, number>> = { up: -1, down: 1, pageup: -page, pagedown: page };
    if (key === "quit") return this.#end(0);
    if (key === "pause") this.#isPaused = !this.#isPaused;
    else if (key === "left" || key === "right")
      this.#look(views[(at + (key === "right" ? 1 : views.length - 1)) % views.length]!);
    else if (key === "home") this.#scrolled = 0;
    else if (key === "end") this.#scrolled = this.#longest();
    else if (steps[key] !== undefined)
      this.#scrolled = Math.min(this.#longest(), Math.max(0, this.#scrolled + steps[key]));
    else if (views[Number(key) - 1] !== undefined) this.#look(views[Number(key) - 1]!);
    if (screen !== null) this.#drawNow(screen, paint);
  }

  #longest(): number {
    return Math.max(0, this.#watched.servers.size - 1);
  }

  #look(view: View): void {
    this.#view = view;
    this.#scrolled = 0;
  }
}
