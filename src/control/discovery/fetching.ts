// HTTP towards sources: a document fetched whole, or a stream of lines that goes on. One connection a question, closed behind it, so that
// nothing is left when a source is stopped. Certificates and keys are read anew each time. Redirects are not followed: credentials
// would go where nobody sent them. Whatever goes wrong is said in words of ours, without the address, the headers or the answer.

import { readFileSync } from "node:fs";
import { type ClientRequest, type IncomingMessage, request as plainRequest } from "node:http";
import { type RequestOptions, request as secureRequest } from "node:https";
import type { SourceTls } from "../../config/types.ts";
import { Refusal } from "./asking.ts";

export interface Target {
  /** "http://host:port", "https://host:port" with or without a path before that of the question, or "unix:/path". */
  readonly base: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly tls?: SourceTls | undefined;
}

export interface Fetched {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Rejects with a Refusal, or an error whose code says it. */
export async function fetchWhole(
  target: Target,
  path: string,
  bytesMax: number,
  signal: AbortSignal,
): Promise<Fetched> {
  const { response } = await open(target, path, signal);
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise<Fetched>((resolve, reject) => {
    response.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= bytesMax) return void chunks.push(chunk);
      reject(new Refusal(`tells more than ${written(bytesMax)}`));
      response.destroy();
    });
    response.on("error", reject);
    response.on("close", () => reject(new Refusal("breaks off in the middle of its answer")));
    response.on("end", () =>
      response.complete
        ? resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString("utf8"),
          })
        : reject(new Refusal("breaks off in the middle of its answer")),
    );
  });
}

/** The same, but only what is answered with 200 is an answer. */
export async function fetchText(target: Target, path: string, bytesMax: number, signal: AbortSignal): Promise<Fetched> {
  const fetched = await fetchWhole(target, path, bytesMax, signal);
  if (fetched.status !== 200) throw new Refusal(answers(fetched.status));
  return fetched;
}

export function answers(status: number): string {
  const why: Record<number, string> = {
    401: " (credentials are missing or wrong)",
    403: " (not allowed)",
    404: " (not found)",
  };
  return `answers ${status}${why[status] ?? ""}`;
}

/** Each line as it comes. `opened`: it has answered 200, and lines follow. Ends when the answer does; rejects as the others do. */
export async function fetchLines(
  target: Target,
  path: string,
  lineBytesMax: number,
  signal: AbortSignal,
  heard: { opened(): void; line(line: string): void },
): Promise<void> {
  const { response } = await open(target, path, signal);
  if (response.statusCode !== 200) {
    response.destroy();
    throw new Refusal(answers(response.statusCode ?? 0));
  }
  heard.opened();
  return new Promise<void>((resolve, reject) => {
    let rest = "";
    response.setEncoding("utf8");
    response.on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > lineBytesMax || lines.some(({ length }) => length > lineBytesMax)) {
        reject(new Refusal(`tells more than ${written(lineBytesMax)} at once`));
        return void response.destroy();
      }
      for (const line of lines) if (line.trim() !== "" && !signal.aborted) heard.line(line);
    });
    response.on("error", reject);
    response.on("end", resolve);
    response.on("close", resolve);
  });
}

function open(target: Target, path: string, signal: AbortSignal): Promise<{ response: IncomingMessage }> {
  return new Promise((resolve, reject) => {
    let request: ClientRequest;
    try {
      request = requestOf(target, path, signal);
    } catch (error) {
      return reject(
        error instanceof Refusal
          ? error
          : new Refusal("cannot be asked: its address, headers or TLS files are unusable"),
      );
    }
    request.on("response", (response) => resolve({ response }));
    request.on("error", (error: NodeJS.ErrnoException) =>
      reject(error.code?.startsWith("HPE_") === true ? new Refusal("answers something that is no HTTP") : error),
    );
    request.end();
  });
}

function requestOf({ base, headers = {}, tls }: Target, path: string, signal: AbortSignal): ClientRequest {
  const common = { method: "GET", agent: false, signal } as const;
  const accept = { accept: "*/*", "user-agent": "sluice", ...headers };
  if (base.startsWith("unix:"))
    return plainRequest({
      ...common,
      socketPath: base.slice("unix:".length),
      path,
      headers: { host: "localhost", ...accept },
    });
  const url = new URL(base);
  const credentials = basic(decodeURIComponent(url.username), decodeURIComponent(url.password));
  const options: RequestOptions = {
    ...common,
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port),
    path: `${url.pathname.replace(/\/$/, "")}${path}` || "/",
    headers: { host: url.host, ...(credentials === null ? {} : { authorization: credentials }), ...accept },
  };
  return url.protocol === "https:" ? secureRequest({ ...options, ...tlsOptions(tls) }) : plainRequest(options);
}

export function basic(user: string, password: string): string | null {
  return user === "" && password === "" ? null : `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

function tlsOptions(tls: SourceTls | undefined): RequestOptions {
  if (tls === undefined) return {};
  const { ca, certificate, key, verify } = tls;
  return {
    rejectUnauthorized: verify,
    ...(ca === undefined ? {} : { ca: held(ca, "authorities") }),
    ...(certificate === undefined ? {} : { cert: held(certificate, "certificate") }),
    ...(key === undefined ? {} : { key: held(key, "key") }),
  };
}

function held(path: string, what: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    throw new Refusal(`cannot be asked: the file of its ${what} cannot be read`);
  }
}

/** Where it is, as logs say it: without credentials, and without a query, which may hold some. */
export function placeOf(address: string): string {
  if (address.startsWith("unix:")) return address;
  const { protocol, host, pathname } = new URL(address);
  return `${protocol}//${host}${pathname === "/" ? "" : pathname}`;
}

function written(bytes: number): string {
  return bytes >= 1 << 20 ? `${bytes >> 20} MiB` : `${bytes >> 10} KiB`;
}
