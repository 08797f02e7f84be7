// Events as they go over the wire (WHATWG HTML, section 9.2 "Server-sent events"): a name, data as one line of JSON, and an id where the
// stream can go on from there. JSON has no line breaks but those that it escapes, so one line is always enough.

const encoder = new TextEncoder();

/** Clients and what stands between see by it that the connection lives. */
export const heartbeat: Uint8Array = encoder.encode(": still here\n\n");

export function eventBytes(name: string, data: unknown, id?: string): Uint8Array {
  return encoder.encode(`${id === undefined ? "" : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}
