// The shipped Stream, which lets its pair know where it goes. It knows its pair by its client, which is there before anything
// is done: a stream may be brought to a server before its constructor returns.

import type { Client, ClientTls, Line } from "../../../src/flow/port.ts";
import type { ServerSite } from "../../../src/flow/site.ts";
import { Stream } from "../../../src/flow/stream.ts";
import type { SimLine } from "../driver.ts";
import type { Pair } from "./pair.ts";

export class PairedClient implements Client {
  readonly address: string;
  readonly port: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly peerAddress: string;
  readonly tls: ClientTls | null = null;
  readonly ja4 = "";
  readonly pair: Pair;

  constructor(pair: Pair, address: string, port: number) {
    this.pair = pair;
    this.address = address;
    this.peerAddress = address;
    this.port = port;
    this.localAddress = address.includes(".") ? "198.51.100.1" : "2001:db8::ff";
    this.localPort = 443;
  }
}

export class WatchedStream extends Stream {
  get pair(): Pair {
    return (this.client as PairedClient).pair;
  }

  override queued(): void {
    this.pair.queued(this);
    super.queued();
  }

  override connect(server: ServerSite): void {
    this.pair.connects(this, server);
    super.connect(server);
  }

  override connected(line: Line, server: ServerSite, tookMs: number): void {
    this.pair.connected(line as SimLine);
    super.connected(line, server, tookMs);
  }
}
