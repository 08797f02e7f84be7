// openssl s_client: one TLS connection with every knob, and what it says about it.

import { find, type Ran, ran } from "./program.ts";
import { Room } from "./room.ts";
import { Server } from "./server.ts";
import { until } from "./wait.ts";

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

/** The bytes of a ClientHello, as openssl's client begins with. */
export async function helloFor(name: string, ...args: readonly string[]): Promise<Buffer> {
  await using room = new Room();
  const server = new Server(room);
  const running = shake(server.port, ["-servername", name, ...args]);
  const client = await server.connection(1);
  await until("the ClientHello", () => client.length > 5 && client.length === 5 + client.bytes.readUInt16BE(3));
  const hello = Buffer.from(client.bytes);
  client.socket.terminate();
  await running;
  return hello;
}

/** A client that stays, and writes what it is told to until it is killed: without a word of TLS about its end. */
export class Talker {
  readonly child: Bun.Subprocess<"pipe", "pipe", "ignore">;
  text = "";

  constructor(room: Room, port: number, ...args: readonly string[]) {
    const words = [
      find("openssl") ?? "openssl",
      "s_client",
      "-connect",
      `127.0.0.1:${port}`,
      "-quiet",
      "-no_ign_eof",
      ...args,
    ];
    this.child = Bun.spawn(words, { stdin: "pipe", stdout: "pipe", stderr: "ignore" });
    room.ending(() => this.kill());
    void this.#keep();
  }

  say(bytes: string | Uint8Array): this {
    this.child.stdin.write(bytes);
    this.child.stdin.flush();
    return this;
  }

  async saw(part: string): Promise<void> {
    await until(`${part} at openssl's client, which has ${JSON.stringify(this.text.slice(0, 500))}`, () =>
      this.text.includes(part),
    );
  }

  /** close_notify, then FIN. */
  end(): void {
    void this.child.stdin.end();
  }

  /** The kernel closes the connection by a FIN; nothing in TLS says that it has ended. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.child.exited;
  }

  async #keep(): Promise<void> {
    const decoder = new TextDecoder("latin1");
    for await (const chunk of this.child.stdout) this.text += decoder.decode(chunk);
  }
}

/** openssl's own server: one connection at a time, on which it says what it is told to. */
export class Speaker {
  readonly child: Bun.Subprocess<"pipe", "pipe", "ignore">;
  text = "";

  private constructor(room: Room, port: number, cert: string, args: readonly string[]) {
    const files = ["-cert", `${cert}.crt`, "-key", `${cert}.key`];
    const words = [find("openssl") ?? "openssl", "s_server", "-accept", `127.0.0.1:${port}`, ...files, ...args];
    this.child = Bun.spawn(words, { cwd: room.folder, stdin: "pipe", stdout: "pipe", stderr: "ignore" });
    room.ending(() => this.kill());
    void this.#keep();
  }

  /** `cert`: without its ending, in the room's folder. */
  static async start(room: Room, port: number, cert: string, ...args: readonly string[]): Promise<Speaker> {
    const speaker = new Speaker(room, port, cert, args);
    await speaker.saw("ACCEPT");
    return speaker;
  }

  say(text: string): this {
    this.child.stdin.write(text);
    this.child.stdin.flush();
    return this;
  }

  async saw(part: string): Promise<void> {
    await until(`${JSON.stringify(part)} at openssl's server`, () => this.text.includes(part));
  }

  /** FIN, and not a word of TLS. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.child.exited;
  }

  async #keep(): Promise<void> {
    const decoder = new TextDecoder("latin1");
    for await (const chunk of this.child.stdout) this.text += decoder.decode(chunk);
  }
}
