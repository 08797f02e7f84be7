// One case of the conformance suite of HTTP/2: what a client says, and what becomes of it. Cases are written after the text of RFC 9113
// and RFC 7541, and named by its sections. Where the text leaves a choice, a case names all outcomes that it allows.

import { Http2Client, type Manners } from "../../e2e/harness/http2client.ts";
import type { Room } from "../../e2e/harness/room.ts";
import type { Stand } from "./stand.ts";

export interface Vector {
  readonly name: string;
  /** What the client does; it may expect things by itself. */
  readonly play: (client: Http2Client, stand: Stand) => unknown;
  /**
   * "200" and other statuses of a response that is whole, "reset CODE" of the stream, "goaway CODE" of the connection, which is closed
   * then, "closed" without a word, or "alive": the connection answers a PING, and the stream was not reset.
   */
  readonly outcome: readonly string[];
  /** The stream that counts; 1. */
  readonly stream?: number;
  readonly manners?: Manners;
  /** Said to the forward proxy. */
  readonly isForward?: boolean;
  /** The client does not wait for SETTINGS before it plays. */
  readonly isHasty?: boolean;
}

/** A request that is malformed: a stream error, or 400 in its place (RFC 9113, 8.1.1). No server must hear of it. */
export const malformed: readonly string[] = ["400", "reset PROTOCOL_ERROR"];
export const protocolError: readonly string[] = ["goaway PROTOCOL_ERROR"];
export const frameSizeError: readonly string[] = ["goaway FRAME_SIZE_ERROR"];
export const compressionError: readonly string[] = ["goaway COMPRESSION_ERROR"];
export const alive: readonly string[] = ["alive"];
export const ok: readonly string[] = ["200"];

const patienceMs = 3000;

/** What became of it; one of `vector.outcome`, or what was seen instead. */
export async function judge(room: Room, vector: Vector, stand: Stand): Promise<string> {
  const client = await Http2Client.connect(
    room,
    vector.isForward === true ? stand.proxyPort : stand.port,
    vector.manners,
  );
  stand.origin.received = Buffer.alloc(0);
  const askedBefore = stand.origin.asked.length;
  try {
    const isMute = vector.manners?.settings === null || vector.isHasty === true;
    if (!isMute) await client.greeted();
    const id = vector.stream ?? 1;
    await vector.play(client, stand);
    const outcome = await settled(client, id, vector.outcome);
    if (client.fault !== null && !vector.outcome.includes("closed")) return `${outcome}, but ${client.fault}`;
    if (vector.outcome === malformed && stand.origin.asked.length > askedBefore)
      return `${outcome}, and the server was asked`;
    if (stand.origin.received.includes("smuggled")) return `${outcome}, and it reached the server`;
    return outcome;
  } catch (error) {
    return (error as Error).message;
  } finally {
    client.transport.terminate();
  }
}

async function settled(client: Http2Client, id: number, wanted: readonly string[]): Promise<string> {
  const seen = (): string | null => {
    const stream = client.streams.get(id);
    if (client.isClosed) return client.goaway === null ? "closed" : `goaway ${client.goaway.code}`;
    if (client.goaway !== null) return null;
    // Behind a whole response NO_ERROR says that the rest of the request is not needed (8.1).
    const isAnswered = stream?.isWhole === true && stream.reset === "NO_ERROR";
    if (stream?.reset != null && !isAnswered) return `reset ${stream.reset}`;
    return stream?.isWhole === true ? String(stream.status) : null;
  };
  if (wanted.includes("alive")) {
    const isAlive = await client.pinged(patienceMs).catch(() => false);
    if (isAlive && client.streams.get(id)?.reset == null) return "alive";
  }
  // What was answered before may be followed by an error.
  const isSettled = (): boolean => client.isClosed || wanted.includes(seen() ?? "");
  await client.until("an outcome", isSettled, patienceMs).catch(() => {});
  const outcome = seen();
  if (outcome === null)
    return client.goaway === null ? `silence: ${client.told}` : `goaway ${client.goaway.code}, open`;
  if (client.isClosed || outcome === "closed") return outcome;
  const isAnswered = await client.pinged(patienceMs).catch(() => false);
  return isAnswered ? outcome : `${outcome}, and the connection with it`;
}
