// Reads text/event-stream (HTML, section 9.2.6) piece by piece as it comes from fetch, for EventSource cannot send Authorization. Bytes may
// be cut anywhere; an event is told when its empty line has come. Pure.

export interface StreamEvent {
  /** "message" where the stream names none. */
  readonly name: string;
  readonly data: string;
  readonly id: string;
}

export class EventReader {
  readonly #told: (event: StreamEvent) => void;
  #rest = "";
  #name = "";
  #data: string[] = [];
  #id = "";

  constructor(told: (event: StreamEvent) => void) {
    this.#told = told;
  }

  push(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines) this.#line(line.endsWith("\r") ? line.slice(0, -1) : line);
  }

  #line(line: string): void {
    if (line === "") return this.#end();
    const colon = line.indexOf(":");
    // A comment: the server says only that it is there.
    if (colon === 0) return;
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "event") this.#name = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id") this.#id = value;
  }

  #end(): void {
    if (this.#data.length > 0)
      this.#told({ name: this.#name === "" ? "message" : this.#name, data: this.#data.join("\n"), id: this.#id });
    this.#name = "";
    this.#data = [];
  }
}
