// gRPC through Sluice, by the client and the server of its C core: all kinds of calls, in the clear and over TLS on either side; streams that go on
// over a reload; a server that is killed, one that says goodbye, one that says that it does not serve.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { GrpcClient, GrpcServer, grpcAsked, hasGrpc } from "./harness/grpc.ts";
import { freePort } from "./harness/port.ts";
import { Room } from "./harness/room.ts";
import { authorityIn, put } from "./harness/signed.ts";
import { type Draft, Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

const ways = ["clearToClear", "clearToTls", "tlsToClear", "tlsToTls"] as const;
const ports = Object.fromEntries(ways.map((way) => [way, freePort()])) as Record<(typeof ways)[number], number>;
const kinds = ["unary", "large_message", "empty", "fail", "unknown", "down", "up", "both", "deadline", "cancel"];
const expected = {
  unary: ["hello", "a", { "x-trailing": "t", "x-deadline": "yes" }],
  large_message: true,
  empty: 0,
  fail: ["FAILED_PRECONDITION", "not so: x"],
  unknown: ["UNIMPLEMENTED", "Method not found!"],
  down: [1_000_000, 0],
  up: "100 1000000",
  both: [true, [], "OK"],
  deadline: "DEADLINE_EXCEEDED",
  cancel: ["0", "1", "2", "3", "4"],
  many: true,
  slowreader: [50_000, 20, 9_950_000],
};
// What answers beside 300 calls answers late.
const check = { grpc: true, every: "100ms", timeout: "5s", rise: 1, fall: 1 } as const;

describe.skipIf(!hasGrpc)("gRPC by its own client and server", () => {
  let room: Room;
  let sluice: Sluice;
  let clear: GrpcServer;
  let secure: GrpcServer;

  function draft(): Draft {
    const listen = (way: (typeof ways)[number]): string => `127.0.0.1:${ports[way]}`;
    const tls = { certificates: "localhost.crt" };
    return {
      workers: 2,
      listeners: {
        clearToClear: { listen: listen("clearToClear"), use: "clear" },
        clearToTls: { listen: listen("clearToTls"), use: "secure" },
        tlsToClear: { listen: listen("tlsToClear"), use: "clear", tls },
        tlsToTls: { listen: listen("tlsToTls"), use: "secure", tls },
      },
      pools: {
        clear: { http2: true, servers: [clear.address], check },
        secure: { http2: true, servers: [secure.address], check, tls: { ca: "ca.pem", serverName: "localhost" } },
      },
    };
  }

  beforeAll(async () => {
    room = new Room();
    put(room, "localhost", authorityIn(room).issue(["DNS:localhost", "IP:127.0.0.1"]));
    [clear, secure] = await Promise.all([
      GrpcServer.start(room),
      GrpcServer.start(room, [room.path("localhost.crt"), room.path("localhost.key")]),
    ]);
    sluice = await Sluice.start(room, draft());
  });
  afterAll(() => room[Symbol.asyncDispose]());

  const asked = (way: (typeof ways)[number], names: readonly string[]): Promise<Record<string, unknown>> =>
    grpcAsked(room, `127.0.0.1:${ports[way]}`, names, way.startsWith("tls") ? room.path("ca.pem") : null);

  for (const way of ways)
    test(`all kinds of calls go through: ${way}`, async () => {
      const served = way.endsWith("Clear") ? clear : secure;
      const [slow, dripped] = [served.count("slow ended"), served.count("drip ended")];
      const names = [...kinds, "many", "slowreader"];
      expect(await asked(way, names)).toEqual(expected);
      // A deadline that has passed, and a call that was given up, are told to the server.
      await served.said("slow ended", slow + 1);
      await served.said("drip ended", dripped + 1);
    });

  test("a stream goes on over reloads, also when its pool is gone, and other calls go to what is new", async () => {
    const client = new GrpcClient(room, `127.0.0.1:${ports.clearToClear}`, ["drip"]);
    await client.dripped(5);
    const { pools = {}, ...rest } = draft();
    await sluice.reload({ ...rest, pools: { ...pools, clear: { http2: true, servers: [clear.address], retries: 1 } } });
    await client.dripped(5);
    await sluice.reload({ ...rest, pools: { ...pools, clear: { ...pools["secure"]! } } });
    await client.dripped(5);
    expect(await asked("clearToClear", ["unary"])).toMatchObject({ unary: expected.unary });
    await client.dripped(5);
    const ended = clear.count("drip ended");
    client.child.kill();
    await clear.said("drip ended", ended + 1);
    await sluice.reload(draft());
  });

  test("a server that does not serve is given nothing until it does", async () => {
    const state = async (): Promise<string> => (await sluice.server(clear.address)).state;
    clear.tell("health 2");
    await until("the server to be down", async () => (await state()) === "down");
    expect((await asked("clearToClear", ["ask"]))["ask"]).toMatchObject(["UNAVAILABLE", expect.any(String)]);
    clear.tell("health 1");
    await until("the server to be up", async () => (await state()) === "up");
    expect(await asked("clearToClear", ["ask"])).toEqual({ ask: "ok" });
  });
});

describe.skipIf(!hasGrpc)("of two servers of gRPC", () => {
  test("one that is killed ends its streams, and nobody else is told of it", async () => {
    await using room = new Room();
    const [first, second] = await Promise.all([GrpcServer.start(room), GrpcServer.start(room)]);
    const servers = [first.address, { address: second.address, backup: true }];
    const sluice = await Sluice.start(room, { pools: { app: { http2: true, servers } } });
    const address = `127.0.0.1:${sluice.port}`;
    const client = new GrpcClient(room, address, ["drip", "ask"]);
    await client.dripped(5);
    first.child.kill("SIGKILL");
    const { drip, ask } = await client.results();
    // Its stream is reset (INTERNAL_ERROR), as nginx does it: what has come is not all, and what is missing nobody knows.
    expect((drip as [number, string])[1]).toBe("INTERNAL");
    expect(ask).toBe("ok");
  });

  test("one that says goodbye ends what it has begun, and what comes goes to the other", async () => {
    await using room = new Room();
    const [first, second] = await Promise.all([GrpcServer.start(room), GrpcServer.start(room)]);
    const servers = [first.address, { address: second.address, backup: true }];
    const sluice = await Sluice.start(room, { pools: { app: { http2: true, servers } } });
    const address = `127.0.0.1:${sluice.port}`;
    const stream = new GrpcClient(room, address, ["shortdrip"]);
    const calls = new GrpcClient(room, address, ["steady"]);
    await stream.dripped(5);
    first.tell("stop");
    expect(await stream.results()).toEqual({ shortdrip: [60, "OK"] });
    const { steady } = await calls.results();
    // The library itself answers so (status 200, trailers alone) what it had taken in and not begun when it was told to stop.
    expect((steady as string[]).filter((word) => word !== "CANCELLED CANCELLED")).toEqual(["ok"]);
  });
});
