// Serves the web console: a page, its script, its style and its icon, as console/dist/ has them. They are the same for everybody and hold no
// data, so that they need no token: what the console shows it asks the admin API for, with one. Nothing from elsewhere is loaded, framed or
// run inline (Content-Security-Policy). Browsers keep them, and ask by ETag (RFC 9110, section 8.8.3) whether they are still the same.

import style from "../../console/dist/console.css" with { type: "text" };
import script from "../../console/dist/console.js" with { type: "text" };
import icon from "../../console/dist/console.svg" with { type: "text" };
import page from "../../console/dist/index.html" with { type: "text" };

export type ConsolePath = "/" | "/console.js" | "/console.css" | "/console.svg";

export const consoleTypes: Readonly<Record<ConsolePath, string>> = {
  "/": "text/html; charset=utf-8",
  "/console.js": "text/javascript; charset=utf-8",
  "/console.css": "text/css; charset=utf-8",
  "/console.svg": "image/svg+xml",
};

const contents: Readonly<Record<ConsolePath, string>> = {
  // A bundler knows pages as more than their text; this one was asked for as that.
  "/": page as unknown as string,
  "/console.js": script,
  "/console.css": style,
  "/console.svg": icon,
};

const policy = [
  "default-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "object-src 'none'",
].join("; ");

/** Made when first asked for: most never are. */
interface Packed {
  readonly etag: string;
  readonly plain: Uint8Array;
  readonly gzip: Uint8Array<ArrayBuffer>;
}
const packed = new Map<ConsolePath, Packed>();

export function isConsolePath(path: string): path is ConsolePath {
  return Object.hasOwn(consoleTypes, path);
}

/** To GET; Bun leaves the body of an answer to HEAD out. */
export function consoleAnswer(request: Request, path: ConsolePath): Response {
  const { etag, plain, gzip } = packedOf(path);
  const headers: Record<string, string> = {
    "content-type": consoleTypes[path],
    "content-security-policy": policy,
    "cache-control": "no-cache",
    etag,
    vary: "accept-encoding",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
  };
  const known = request.headers.get("if-none-match") ?? "";
  if (known.split(",").some((each) => each.trim().replace(/^W\//, "") === etag))
    return new Response(null, { status: 304, headers });
  if (!/\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(request.headers.get("accept-encoding") ?? ""))
    return new Response(plain as Uint8Array<ArrayBuffer>, { headers });
  return new Response(gzip, { headers: { ...headers, "content-encoding": "gzip" } });
}

function packedOf(path: ConsolePath): Packed {
  const known = packed.get(path);
  if (known !== undefined) return known;
  const plain = new TextEncoder().encode(contents[path]);
  const etag = `"${Bun.hash(plain).toString(36)}"`;
  const made = { etag, plain, gzip: Bun.gzipSync(plain) };
  packed.set(path, made);
  return made;
}
