// A client that begins to speak HTTP/2 and then says what nobody may say, or nothing whole. Behind the offence it hides a request without an
// id: should any server ever see it, the register complains. What it is answered does not matter here (test/conform judges that); that
// it ends does.

import { block, literal } from "../../e2e/harness/http2/fields.ts";
import {
  data,
  Flag,
  frame,
  headers,
  none,
  padded,
  preface,
  resetStream,
  Setting,
  settings,
  Type,
  windowUpdate,
  word,
} from "../../e2e/harness/http2/frames.ts";
import type { End } from "../network.ts";
import { Script } from "../script.ts";
import type { World } from "../world.ts";

const whole = Flag.endHeaders | Flag.endStream;
const request = (path: string): Buffer =>
  block([":method", "GET"], [":scheme", "http"], [":authority", "sim.test"], [":path", path]);
const hidden = (stream: number): Buffer => headers(stream, request("/hidden"), whole);
const begun = Buffer.concat([preface, settings()]);

/** Each is an error of the connection, or leaves it waiting for more. */
const offences: readonly Buffer[] = [
  Buffer.concat([begun, data(0, "x"), hidden(1)]),
  Buffer.concat([begun, data(1, "x"), hidden(3)]),
  Buffer.concat([begun, headers(2, request("/"), whole), hidden(3)]),
  Buffer.concat([begun, headers(1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), whole), hidden(3)]),
  Buffer.concat([begun, headers(1, request("/"), Flag.endStream), hidden(3)]),
  Buffer.concat([begun, frame(Type.continuation, Flag.endHeaders, 1, request("/")), hidden(3)]),
  Buffer.concat([begun, frame(Type.pushPromise, Flag.endHeaders, 1, word(2)), hidden(3)]),
  Buffer.concat([begun, windowUpdate(0, 0), hidden(1)]),
  Buffer.concat([begun, windowUpdate(0, 2 ** 31 - 1), hidden(1)]),
  Buffer.concat([begun, resetStream(1), hidden(3)]),
  Buffer.concat([begun, settings([Setting.initialWindowSize, 2 ** 31]), hidden(1)]),
  Buffer.concat([begun, settings([Setting.maxFrameSize, 1]), hidden(1)]),
  Buffer.concat([begun, frame(Type.settings, 0, 0, Buffer.alloc(5)), hidden(1)]),
  Buffer.concat([begun, frame(Type.ping, 0, 0, Buffer.alloc(7)), hidden(1)]),
  Buffer.concat([begun, frame(Type.headers, Flag.padded | whole, 1, padded(request("/"), 255, 0)), hidden(3)]),
  Buffer.concat([begun, frame(Type.ping, 0, 0, Buffer.alloc(20_000)), hidden(1)]),
  Buffer.concat([preface, hidden(1)]),
  Buffer.concat([begun, headers(1, literal("x", "a".repeat(10_000)), 0), Buffer.from([0, 0, 0, 0])]),
  Buffer.concat([begun, hidden(1).subarray(0, 20)]),
  Buffer.concat([begun, Buffer.from([0, 0])]),
  begun,
  preface,
  preface.subarray(0, 20),
  preface.subarray(0, 5),
  Buffer.concat([preface.subarray(0, 20), Buffer.from("nonsense"), hidden(1)]),
  Buffer.concat([preface, Buffer.from("GET / HTTP/1.1\r\nHost: sim.test\r\n\r\n")]),
  none,
];

export class Http2Stranger {
  readonly name: string;
  readonly answered = 0;
  isDone = false;

  constructor(world: World, name: string, end: End) {
    this.name = name;
    const script = new Script(world, end);
    if (world.chance(0.3)) {
      script.dripBytes = world.between(1, 50);
      script.dripMs = world.between(1, 100);
    }
    end.ears = {
      data: () => {},
      writable: () => script.run(),
      end: () => {
        script.stop();
        end.close();
        this.isDone = true;
      },
      closed: () => {
        script.stop();
        this.isDone = true;
      },
    };
    script.send(world.pick(offences)).run();
  }
}
