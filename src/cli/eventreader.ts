// Server-sent events out of the bytes of a stream (WHATWG HTML, section 9.2.6), as the admin interface writes them: lines of field and
// value, an event ends with an empty line. Comments keep the connection alive and say nothing. What is not whole yet waits; an event
// that grows beyond all bounds ends the reading.

export interface StreamEvent {
  readonly name: string;
  readonly data: string;
  /** Where the stream can go on; "" where it cannot. */
  readonly id: string;
}

const eventCharactersMax = 16 << 20;

export class EventReader {
  readonly #decoder = new TextDecoder();
  #rest = "";
  #name = "";
  #id = "";
  #data: string[] = [];

  /** Those that are whole now. Throws an Error where what comes is no stream of events. */
  read(piece: Uint8Array): StreamEvent[] {
    const lines = (this.#rest + this.#decoder.decode(piece, { stream: true })).split(/\r\n|\n|\r/);
    this.#rest = lines.pop()!;
    if (this.#rest.length > eventCharactersMax) throw new Error("what Sluice sent is no stream of events");
    return lines.flatMap((line) => this.#line(line));
  }

  #line(line: string): StreamEvent[] {
    if (line === "") return this.#end();
    const [, field = "", value = ""] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (field === "event") this.#name = value;
    if (field === "id") this.#id = value;
    if (field === "data") this.#data.push(value);
    return [];
  }

  #end(): StreamEvent[] {
    const event = { name: this.#name, data: this.#data.join("\n"), id: this.#id };
    const isTold = this.#data.length > 0;
    this.#name = "";
    this.#data = [];
    return isTold ? [event] : [];
  }
}
