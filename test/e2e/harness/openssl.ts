// openssl s_client: one TLS connection with every knob, and what it says about it.

import { find, type Ran, ran } from "./program.ts";

export interface Shaken extends Ran {
  /** "TLSv1.3", or "" when no handshake was done. */
  readonly version: string;
  readonly cipher: string;
  readonly alpn: string;
  readonly isResumed: boolean;
  /** Subject of the certificate that was shown, as "CN = a.test". */
  readonly subject: string;
  /** What was not openssl's own words. */
  readonly text: string;
}

/** With `say` the connection stays until the other side closes it; without, it ends after the handshake. */
export async function shake(port: number, args: readonly string[] = [], say = ""): Promise<Shaken> {
  const words = [find("openssl") ?? "openssl", "s_client", "-connect", `127.0.0.1:${port}`, ...args];
  const answer = await ran([...words, ...(say === "" ? [] : ["-ign_eof"])], { stdin: Buffer.from(say) });
  const all = answer.out;
  const found = /^(New|Reused), (\S+), Cipher is (\S+)$/m.exec(all);
  const isDone = found !== null && found[3] !== "(NONE)";
  return {
    ...answer,
    version: isDone ? (/^ *Protocol *: (\S+)$/m.exec(all)?.[1] ?? found[2]!) : "",
    cipher: isDone ? found[3]! : "",
    alpn: /^ALPN protocol: (\S+)$/m.exec(all)?.[1] ?? "",
    isResumed: found?.[1] === "Reused",
    subject: /^subject=(.*)$/m.exec(all)?.[1] ?? "",
    text: all,
  };
}

/** An HTTP request that ends its connection. */
export const lastRequest = "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";
