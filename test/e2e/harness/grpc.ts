// gRPC as people have it: a server and a client of its C core, by the bindings for Python of the system's packages. Messages are bytes, so that
// nothing has to be generated. The server answers test.Echo and grpc.health.v1.Health/Check, and says what it sees on stdout; the client does
// what it is named, in order, and says what came of it, a line of JSON each. Their programs stand below as they are run.

import { existsSync } from "node:fs";
import { freePort } from "./port.ts";
import { ran } from "./program.ts";
import type { Room } from "./room.ts";
import { until } from "./wait.ts";

const python = "/usr/bin/python3";
export const hasGrpc: boolean = existsSync(python) && existsSync("/usr/lib/python3/dist-packages/grpc/__init__.py");

const serverText = `
import sys, time
from concurrent import futures
import grpc

def say(text):
    print(text, flush=True)

def unary(request, context):
    asked = dict(context.invocation_metadata())
    has_deadline = (context.time_remaining() or 1e9) < 1e6
    context.set_trailing_metadata((("x-trailing", "t"), ("x-deadline", "yes" if has_deadline else "no")))
    context.send_initial_metadata((("x-initial", asked.get("x-asked", "")),))
    return request

def fail(request, context):
    context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not so: " + request.decode())

def slow(request, context):
    context.add_callback(lambda: say("slow ended"))
    say("slow began")
    while context.is_active():
        time.sleep(0.02)
    return b"late"

def down(request, context):
    count, size = (int(word) for word in request.split())
    for index in range(count):
        yield bytes([index % 256]) * size

def drip(request, context):
    context.add_callback(lambda: say("drip ended"))
    say("drip began")
    for index in range(int(request)):
        if not context.is_active():
            return
        yield str(index).encode()
        time.sleep(0.02)

def up(requests, context):
    sizes = [len(request) for request in requests]
    return ("%d %d" % (len(sizes), sum(sizes))).encode()

def both(requests, context):
    for request in requests:
        yield b"re:" + request

health = {"status": 1}

def check(request, context):
    if request != b"":
        context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")
    return bytes([8, health["status"]])

unary_of, down_of = grpc.unary_unary_rpc_method_handler, grpc.unary_stream_rpc_method_handler
echo = {
    "Unary": unary_of(unary), "Fail": unary_of(fail), "Slow": unary_of(slow), "Down": down_of(down), "Drip": down_of(drip),
    "Up": grpc.stream_unary_rpc_method_handler(up), "Both": grpc.stream_stream_rpc_method_handler(both),
}
address, *files = sys.argv[1:]
large = [("grpc.max_receive_message_length", 64 << 20), ("grpc.max_send_message_length", 64 << 20), ("grpc.so_reuseport", 0)]
server = grpc.server(futures.ThreadPoolExecutor(32), options=large)
server.add_generic_rpc_handlers((
    grpc.method_handlers_generic_handler("test.Echo", echo),
    grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": unary_of(check)}),
))
if files:
    chain, key = (open(file, "rb").read() for file in files)
    server.add_secure_port(address, grpc.ssl_server_credentials(((key, chain),)))
else:
    server.add_insecure_port(address)
server.start()
say("ready")
for line in sys.stdin:
    word, *rest = line.split()
    if word == "health":
        health["status"] = int(rest[0])
    elif word == "stop":
        server.stop(20)
server.stop(0)
`;

const clientText = `
import json, queue, sys, time
import grpc

address, names, *files = sys.argv[1:]
large = [("grpc.max_receive_message_length", 64 << 20), ("grpc.max_send_message_length", 64 << 20)]
if files:
    channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(open(files[0], "rb").read()), large)
else:
    channel = grpc.insecure_channel(address, large)

def of(kind, method):
    return getattr(channel, kind)("/test.Echo/" + method)

def say(value):
    print(json.dumps(value), flush=True)

def failure(act):
    try:
        act()
    except grpc.RpcError as error:
        return [error.code().name, error.details()]
    return "ok"

def unary():
    reply, call = of("unary_unary", "Unary").with_call(b"hello", metadata=(("x-asked", "a"),), timeout=10)
    return [reply.decode(), dict(call.initial_metadata()).get("x-initial"), dict(call.trailing_metadata())]

def large_message():
    sent = bytes(range(256)) * 20480
    return of("unary_unary", "Unary")(sent, timeout=10) == sent

def empty():
    return len(of("unary_unary", "Unary")(b"", timeout=10))

def fail():
    return failure(lambda: of("unary_unary", "Fail")(b"x", timeout=10))

def unknown():
    return failure(lambda: of("unary_unary", "Nobody")(b"x", timeout=10))

def down():
    return [sum(map(len, of("unary_stream", "Down")(request, timeout=10))) for request in (b"100 10000", b"0 0")]

def up():
    return of("stream_unary", "Up")((b"y" * 10000 for _ in range(100)), timeout=10).decode()

def both():
    asked = queue.Queue()
    replies = of("stream_stream", "Both")(iter(asked.get, None), timeout=10)
    got = []
    for index in range(30):
        asked.put(str(index).encode())
        got.append(next(replies).decode())
    asked.put(None)
    return [got == ["re:%d" % index for index in range(30)], list(replies), replies.code().name]

def deadline():
    return failure(lambda: of("unary_unary", "Slow")(b"", timeout=0.3))[0]

def cancel():
    call = of("unary_stream", "Drip")(b"100000", timeout=10)
    got = [next(call).decode() for _ in range(5)]
    call.cancel()
    return got

def many():
    futures = [of("unary_unary", "Unary").future(b"%d" % index, timeout=10) for index in range(300)]
    return all(future.result() == b"%d" % index for index, future in enumerate(futures))

def slowreader():
    call = of("unary_stream", "Down")(b"200 50000", timeout=20)
    first = len(next(call))
    others = [of("unary_unary", "Unary")(b"%d" % index, timeout=5) for index in range(20)]
    time.sleep(0.1)
    return [first, len(others), sum(map(len, call))]

def drip(count=b"100000"):
    got = 0
    try:
        for _ in of("unary_stream", "Drip")(count, timeout=20):
            got += 1
            say(["drop", got])
    except grpc.RpcError as error:
        return [got, error.code().name]
    return [got, "OK"]

def shortdrip():
    return drip(b"60")

def ask():
    return failure(lambda: of("unary_unary", "Unary")(b"x", timeout=5))

def steady():
    seen = {}
    end = time.time() + 1.5
    while time.time() < end:
        result = ask()
        word = result if isinstance(result, str) else " ".join(result)
        seen[word] = seen.get(word, 0) + 1
        time.sleep(0.005)
    return sorted(seen)

for name in names.split(","):
    try:
        say([name, globals()[name]()])
    except Exception as error:
        say([name, "failed: " + repr(error)])
`;

export class GrpcServer {
  readonly address: string;
  readonly child: Bun.Subprocess<"pipe", "pipe", "inherit">;
  stdout = "";

  private constructor(room: Room, port: number, files: readonly string[]) {
    this.address = `127.0.0.1:${port}`;
    const program = room.write("grpcserver.py", serverText);
    this.child = Bun.spawn([python, program, this.address, ...files], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    });
    void this.#hear();
    room.ending(async () => {
      this.child.kill("SIGKILL");
      await this.child.exited;
    });
  }

  /** `files`: a certificate with its chain, and its key; without them it speaks in the clear. */
  static async start(room: Room, files: readonly string[] = [], port: number = freePort()): Promise<GrpcServer> {
    const server = new GrpcServer(room, port, files);
    await server.said("ready");
    return server;
  }

  async said(text: string, count = 1): Promise<void> {
    await until(`the server of gRPC to say "${text}" ${count} times`, () => this.count(text) >= count);
  }

  count(text: string): number {
    return this.stdout.split("\n").filter((line) => line === text).length;
  }

  /** `health N` sets what it answers to checks; `stop` ends it when what is under way has ended (GOAWAY). */
  tell(line: string): void {
    this.child.stdin.write(`${line}\n`);
    this.child.stdin.flush();
  }

  async #hear(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of this.child.stdout) this.stdout += decoder.decode(bytes, { stream: true });
  }
}

export type Told = readonly [name: string, value: unknown];

function clientWords(room: Room, address: string, names: readonly string[], ca: string | null): string[] {
  const program = room.write("grpcclient.py", clientText);
  return [python, program, address, names.join(","), ...(ca === null ? [] : [ca])];
}

/** What came of each, by its name. `ca`: over TLS, which that authority vouches for. */
export async function grpcAsked(
  room: Room,
  address: string,
  names: readonly string[],
  ca: string | null = null,
): Promise<Record<string, unknown>> {
  const { out, err } = await ran(clientWords(room, address, names, ca), { timeoutMs: 50_000 });
  const lines = out.split("\n").filter((line) => line !== "");
  if (lines.length === 0) throw new Error(err);
  return Object.fromEntries(lines.map((line) => JSON.parse(line) as Told));
}

/** A client that goes on while the test does something. */
export class GrpcClient {
  readonly child: Bun.Subprocess<"ignore", "pipe", "inherit">;
  readonly told: Told[] = [];
  readonly #ended: Promise<void>;

  constructor(room: Room, address: string, names: readonly string[], ca: string | null = null) {
    this.child = Bun.spawn(clientWords(room, address, names, ca), {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
    });
    this.#ended = this.#hear();
    room.ending(async () => {
      this.child.kill("SIGKILL");
      await this.child.exited;
    });
  }

  get drops(): number {
    return this.told.filter(([name]) => name === "drop").length;
  }

  /** So many further messages of a stream have come. */
  async dripped(count: number): Promise<void> {
    const wanted = this.drops + count;
    await until(`${count} messages of a stream`, () => this.drops >= wanted);
  }

  /** What came of everything but single messages. */
  async results(): Promise<Record<string, unknown>> {
    await this.#ended;
    return Object.fromEntries(this.told.filter(([name]) => name !== "drop"));
  }

  async #hear(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const bytes of this.child.stdout) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = lines.pop()!;
      for (const line of lines) this.told.push(JSON.parse(line) as Told);
    }
  }
}
