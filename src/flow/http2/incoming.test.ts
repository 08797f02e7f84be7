// What a client may say on a connection and of its streams, when, and how much of it that is no request.

import { expect, test } from "bun:test";
import { block, index, indexed } from "../../../test/e2e/harness/http2/fields.ts";
import {
  continuation,
  data,
  Flag,
  frame,
  goaway,
  headers,
  ping,
  priority,
  resetStream,
  settings,
  Type,
  windowUpdate,
} from "../../../test/e2e/harness/http2/frames.ts";
import { Caller, head } from "../../../test/playbook/http2.ts";
import type { PlanOptions } from "../../../test/playbook/plan.ts";
import { ok } from "../../../test/playbook/words.ts";
import { Playbook } from "../../../test/playbook.ts";
import { listenerCell } from "../../memory/tally.ts";

function begin(options: PlanOptions = {}): { play: Playbook; caller: Caller } {
  const play = new Playbook(options);
  return { play, caller: new Caller(play) };
}

const open = { method: "POST", isOpen: true } as const;

test("an error of the connection is told once, ends all streams, and nothing behind it is looked at", () => {
  const wrong: readonly [string, Buffer, string][] = [
    ["DATA on an idle stream", data(5, "x"), "PROTOCOL_ERROR"],
    ["RST_STREAM of an idle stream", resetStream(5), "PROTOCOL_ERROR"],
    ["WINDOW_UPDATE of an idle stream", windowUpdate(5, 1), "PROTOCOL_ERROR"],
    ["a stream of ours", head(2, "/"), "PROTOCOL_ERROR"],
    ["WINDOW_UPDATE of 0", windowUpdate(0, 0), "PROTOCOL_ERROR"],
    ["a window that is too large", windowUpdate(0, 2 ** 31 - 1), "FLOW_CONTROL_ERROR"],
    ["streams' windows that are too large", settings([4, 2 ** 31]), "FLOW_CONTROL_ERROR"],
    ["a header block that is none", headers(5, Buffer.from([0xff, 0xff, 0xff])), "COMPRESSION_ERROR"],
    ["a frame that is too large", frame(Type.ping, 0, 0, Buffer.alloc(8), 16_385), "FRAME_SIZE_ERROR"],
  ];
  for (const [what, bytes, code] of wrong) {
    const { play, caller } = begin();
    caller.asks(3);
    play.accept();
    caller.hears();
    caller.says(bytes, head(7, "/"), ping());
    const said = caller.hears();
    expect(
      said.filter((line) => line.startsWith("GOAWAY")).map((line) => line.split(" ").slice(0, 3).join(" ")),
      what,
    ).toEqual([`GOAWAY 3 ${code}`]);
    expect(
      said.filter((line) => line.startsWith("report")),
      what,
    ).toEqual(["report 0 client_closed"]);
    expect(said.at(-1), what).toBe(caller.actor.is("ended"));
    expect(play.totals.listener(0, listenerCell.http2Errors)).toBe(1);
    caller.says(ping());
    caller.expect();
    play.pass(2_200);
    caller.expect(caller.actor.is("destroyed"));
    play.expectNothingLeft();
    expect(play.totals.listener(0, listenerCell.connections)).toBe(0);
  }
});

test("an error of one stream leaves the others alone", () => {
  const wrong: readonly [string, Buffer, string][] = [
    ["DATA behind its end", data(1, "x"), "STREAM_CLOSED"],
    ["HEADERS behind its end", headers(1, block(["x", "1"]), Flag.endHeaders | Flag.endStream), "STREAM_CLOSED"],
    ["WINDOW_UPDATE of 0", windowUpdate(1, 0), "PROTOCOL_ERROR"],
    ["a window that is too large", windowUpdate(1, 2 ** 31 - 1), "FLOW_CONTROL_ERROR"],
    ["itself as what it depends on", priority(1, 1), "PROTOCOL_ERROR"],
  ];
  for (const [what, bytes, code] of wrong) {
    const { play, caller } = begin();
    caller.asks(1);
    caller.asks(3);
    play.accept();
    const server = play.accept();
    caller.hears();
    caller.says(bytes);
    expect(caller.hears(), what).toContain(`RST_STREAM 1 ${code}`);
    server.sends(ok(""));
    expect(caller.hears(), what).toContain("HEADERS 3 200 content-length=0 END");
    play.expectNothingLeftBut(1);
  }
});

test("fields behind content that do not end it are an error of the stream", () => {
  const { caller, play } = begin();
  caller.asks(1, "/", open);
  play.accept();
  caller.hears();
  caller.says(headers(1, block(["x", "1"])));
  expect(caller.hears()).toContain("RST_STREAM 1 PROTOCOL_ERROR");
});

test("of a stream that was ended here what is on its way is passed over; of one that the client has ended it is not", () => {
  const { caller, play } = begin();
  caller.asks(1, "/", open);
  const server = play.accept();
  server.sends(ok(""));
  caller.hears();
  caller.says(
    data(1, "x"),
    headers(1, block(["x", "1"]), Flag.endHeaders | Flag.endStream),
    windowUpdate(1, 5),
    resetStream(1),
  );
  caller.expect();
  caller.asks(3);
  play.accept().sends(ok(""));
  caller.hears();
  caller.says(data(3, "x"));
  caller.expect("RST_STREAM 3 STREAM_CLOSED");
  caller.says(head(3, "/"));
  expect(caller.hears()).toEqual([]);
});

test("a number that was passed by is closed", () => {
  const { caller, play } = begin();
  caller.asks(5);
  caller.hears();
  caller.says(head(3, "/"));
  expect(caller.hears().join()).toContain("GOAWAY 5 STREAM_CLOSED");
  play.refuse();
  play.pass(2_200);
  play.expectNothingLeft();
});

test("more streams than may be are refused, and may be asked again", () => {
  const { caller, play } = begin({ limits: { streamsPerConnectionMax: 2 } });
  caller.says(head(1, "/"), head(3, "/"), head(5, "/"));
  expect(caller.hears()).toEqual(["dial one:80", "dial one:80", "RST_STREAM 5 REFUSED_STREAM"]);
  expect(play.totals.listener(0, listenerCell.streamsRefused)).toBe(1);
  caller.says(resetStream(1));
  caller.hears();
  caller.asks(7);
  expect(caller.hears()).toEqual(["dial one:80"]);
});

test("padding counts for windows and is no content", () => {
  const { caller, play } = begin();
  caller.asks(1, "/", open);
  const server = play.accept();
  caller.hears();
  const padding = Buffer.concat([Buffer.from([255]), Buffer.from("a"), Buffer.alloc(255)]);
  for (let count = 0; count < 600; count++) caller.says(frame(Type.data, Flag.padded, 1, padding));
  const said = caller.hears();
  expect(said.filter((line) => line.startsWith("WINDOW_UPDATE 1"))).toEqual(["WINDOW_UPDATE 1 131326"]);
  expect(said.join()).toContain(server.gets("1\r\na\r\n"));
});

test("the connection's window is opened for what is passed over too", () => {
  const { caller, play } = begin();
  caller.asks(1, "/", open);
  play.accept().sends(ok(""));
  caller.hears();
  for (let count = 0; count < 32; count++) caller.says(data(1, "x".repeat(16_384)));
  expect(caller.hears()).toEqual(["WINDOW_UPDATE 0 524288"]);
});

test("what was held of a stream that ends is given back to the connection", () => {
  const { caller, play } = begin();
  for (let stream = 1; stream <= 11; stream += 2) {
    caller.asks(stream, "/", open);
    for (let count = 0; count < 16; count++) caller.says(data(stream, "x".repeat(16_384)));
    caller.says(resetStream(stream));
  }
  const said = caller.hears();
  expect(said.filter((line) => line.startsWith("WINDOW_UPDATE 0"))).toHaveLength(3);
  expect(said.join()).not.toContain("GOAWAY");
  while (play.dialing > 0) play.refuse();
  play.expectNothingLeftBut(1);
});

test("a PING is answered with what it says, GOAWAY and what is not known are heard", () => {
  const { caller } = begin();
  caller.says(ping("abcdefgh"), goaway(0), frame(99, 255, 7, Buffer.from("x")), priority(9, 0), settings([99, 1]));
  caller.expect("PING ACK abcdefgh", "SETTINGS ACK");
});

test("who does much that is no request is told to go, and requests in between do not count", () => {
  for (const odd of [ping(), settings(), priority(9, 0), frame(99, 0, 0), data(1, ""), goaway(0)]) {
    const { caller } = begin();
    caller.asks(1, "/", open);
    caller.hears();
    let count = 0;
    for (; count < 1_100 && caller.actor.flow !== null; count++) {
      caller.says(odd);
      if (caller.hears().some((line) => line.includes("ENHANCE_YOUR_CALM"))) break;
    }
    expect(count).toBeWithin(995, 1_001);
  }
});

test("who takes streams back again and again is told to go", () => {
  const { caller, play } = begin();
  let stream = 1;
  let said: string[] = [];
  for (; stream < 4_001; stream += 2) {
    caller.says(head(stream, "/"), resetStream(stream));
    said = caller.hears();
    while (play.dialing > 0) play.refuse();
    if (said.join().includes("ENHANCE_YOUR_CALM")) break;
  }
  expect(stream).toBeWithin(1_990, 2_004);
});

test("fields that are too large are answered, and the next request is read right", () => {
  const { caller, play } = begin({ limits: { headBytesMax: 2_000 } });
  caller.asks(1, "/", {
    fields: [
      ["x", "y".repeat(1_960)],
      ["z", "y".repeat(50)],
    ],
  });
  expect(caller.hears().some((line) => line.startsWith("HEADERS 1 431"))).toBe(true);
  caller.asks(3);
  play.accept();
  expect(caller.hears().join()).toContain("GET / HTTP/1.1");
});

test("a header block in several frames is answered if it is too large, up to four times so, and the next is read by its table", () => {
  const { caller, play } = begin({ limits: { headBytesMax: 2_000 } });
  const asked = block([":method", "GET"], [":scheme", "http"], [":path", "/"], [":authority", "a"]);
  const long = (stream: number, pieces: number): Buffer[] => [
    headers(stream, asked, Flag.endStream),
    ...Array.from({ length: pieces }, () => continuation(stream, block(["x", "y".repeat(1_000)]), 0)),
    continuation(stream, indexed("kept", "value")),
  ];
  caller.says(...long(1, 7));
  expect(caller.hears().filter((line) => /^(HEADERS|GOAWAY|RST)/.test(line))).toEqual([
    expect.stringMatching(/^HEADERS 1 431/),
  ]);
  caller.says(headers(3, Buffer.concat([asked, index(62)]), Flag.endStream | Flag.endHeaders));
  play.accept();
  expect(caller.hears().join()).toContain("kept: value");
  caller.says(...long(5, 8));
  expect(caller.hears().join()).toContain("ENHANCE_YOUR_CALM");
});

test("trailers that are too large end their stream: they are not passed on in part", () => {
  const { caller, play } = begin({ limits: { headBytesMax: 2_000 } });
  caller.asks(1, "/", open);
  play.accept();
  caller.hears();
  caller.says(data(1, "x"), headers(1, block(["a", "1"], ["b", "y".repeat(1_998)], ["c", "3"]), 5));
  const said = caller.hears().join();
  expect(said).toContain("RST_STREAM 1 PROTOCOL_ERROR");
  expect(said).not.toContain("a: 1");
});

test("who says more frames at once than is fair gives way with the rest, and none is lost", () => {
  const { caller, play } = begin();
  caller.asks(1, "/", open);
  play.accept();
  caller.hears();
  caller.says(...Array.from({ length: 5_000 }, () => data(1, "x")));
  const passed = (): number =>
    (
      caller
        .hears()
        .join("")
        .match(/(?<=\\r\\n)x+(?=\\r\\n)/g) ?? []
    ).join("").length;
  const counts = [passed()];
  for (let turn = 0; turn < 3; turn++) {
    play.turn();
    counts.push(passed());
  }
  expect(counts.reduce((sum, count) => sum + count)).toBe(5_000);
  expect(counts.map((count) => count > 0)).toEqual([true, true, true, false]);
});
