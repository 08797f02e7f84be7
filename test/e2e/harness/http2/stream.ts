// What one stream of a client has heard: the response as it came, and how it ended.

import type { Field } from "./fields.ts";

export interface Answer {
  readonly status: number;
  readonly fields: readonly Field[];
  readonly body: Buffer;
  readonly trailers: readonly Field[];
  /** Statuses of the interim responses before it. */
  readonly interim: readonly number[];
  /** "whole", "reset CANCEL", "goaway PROTOCOL_ERROR", or "closed" with the connection. */
  readonly end: string;
}

export class HeardStream {
  readonly id: number;
  status = 0;
  fields: readonly Field[] = [];
  readonly interim: number[] = [];
  trailers: readonly Field[] = [];
  readonly pieces: Buffer[] = [];
  bodyBytes = 0;
  /** END_STREAM has come. */
  isWhole = false;
  /** By what code it was reset. */
  reset: string | null = null;
  /** What the other side may be sent yet. */
  sendWindow: number;

  constructor(id: number, sendWindow: number) {
    this.id = id;
    this.sendWindow = sendWindow;
  }

  take(fields: readonly Field[], isLast: boolean): void {
    const status = Number(fields.find(([name]) => name === ":status")?.[1] ?? 0);
    if (this.status !== 0) this.trailers = fields;
    else if (status >= 100 && status < 200) this.interim.push(status);
    else {
      this.status = status;
      this.fields = fields;
    }
    this.isWhole ||= isLast;
  }

  takeData(bytes: Buffer, isLast: boolean): void {
    this.pieces.push(bytes);
    this.bodyBytes += bytes.length;
    this.isWhole ||= isLast;
  }

  get isOver(): boolean {
    return this.isWhole || this.reset !== null;
  }

  get body(): Buffer {
    return Buffer.concat(this.pieces);
  }

  field(name: string): string | undefined {
    return this.fields.find(([each]) => each === name)?.[1];
  }

  answer(otherwise: string): Answer {
    const { status, fields, body, trailers, interim } = this;
    const end = this.reset !== null ? `reset ${this.reset}` : this.isWhole ? "whole" : otherwise;
    return { status, fields, body, trailers, interim, end };
  }
}
