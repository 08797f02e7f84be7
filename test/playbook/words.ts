// Requests and responses that conversations use again and again.

/** A GET of that path, with further fields. */
export const get = (path: string, ...fields: string[]): string =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\n${lines(fields)}\r\n`;

/** A request with a body of known length. */
export const put = (method: string, body: string, ...fields: string[]): string =>
  `${method} / HTTP/1.1\r\nHost: a\r\n${lines(fields)}Content-Length: ${body.length}\r\n\r\n${body}`;

export const ok = (body: string, ...fields: string[]): string =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${lines(fields)}\r\n${body}`;

/** The answer that the proxy gives itself, at the first second of a conversation. */
export function reply(status: number, reason: string, detail: string, ...fields: string[]): string {
  const body = `${status} ${reason}: ${detail}\n`;
  const date = "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n";
  const common = `Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${body.length}\r\nCache-Control: no-store\r\n`;
  return `HTTP/1.1 ${status} ${reason}\r\n${date}${common}${lines(fields)}\r\n${body}`;
}

function lines(fields: readonly string[]): string {
  return fields.map((field) => `${field}\r\n`).join("");
}
