// RFC 9113, section 8, responses: what the server says, as a client of HTTP/2 is told it.

import { Type } from "../../e2e/harness/http2/frames.ts";
import type { Answer } from "../../e2e/harness/http2/stream.ts";
import type { Asking } from "../../e2e/harness/http2client.ts";
import { alive, type Vector } from "./vector.ts";

function answered(name: string, request: Asking, isRight: (answer: Answer) => boolean): Vector {
  return {
    name: `9113 ${name}`,
    play: async (client) => {
      const answer = await client.request(request, 2500);
      const { body, ...rest } = answer;
      if (!isRight(answer)) throw new Error(`${JSON.stringify(rest)} ${body.subarray(0, 100)}`);
    },
    stream: 3,
    outcome: alive,
  };
}

const field = ({ fields }: Answer, name: string): string | undefined => fields.find(([each]) => each === name)?.[1];
const isWhole = ({ end }: Answer, status: number, it: Answer): boolean => end === "whole" && it.status === status;

export const responseVectors: readonly Vector[] = [
  answered("8.1: a response in chunks has none of them in its DATA", { path: "/chunked" }, (it) => {
    return isWhole(it, 200, it) && String(it.body) === "abcde" && field(it, "transfer-encoding") === undefined;
  }),
  answered(
    "8.1: trailers of a response come as HEADERS behind its DATA",
    { path: "/trailers", fields: [["te", "trailers"]] },
    (it) => {
      return isWhole(it, 200, it) && String(it.body) === "abc" && it.trailers.join() === "x-sum,42";
    },
  ),
  answered("8.1: a response that breaks off is never whole", { path: "/short" }, ({ end, status }) => {
    return end.startsWith("reset ") || status === 502;
  }),
  answered("8.1: interim responses come before the final one", { path: "/early" }, (it) => {
    return isWhole(it, 200, it) && it.interim.join() === "103" && String(it.body) === "ok";
  }),
  answered(
    "8.6: 101 is never sent",
    { path: "/switch" },
    ({ status, interim }) => status === 502 && interim.length === 0,
  ),
  answered("8.1: the answer to HEAD has a length and no DATA", { method: "HEAD" }, (it) => {
    return isWhole(it, 200, it) && field(it, "content-length") === "5" && it.body.length === 0;
  }),
  answered("8.1: 204 has no DATA", { path: "/none" }, (it) => isWhole(it, 204, it) && it.body.length === 0),
  answered("8.1: 304 has no DATA", { path: "/unchanged" }, (it) => {
    return isWhole(it, 304, it) && it.body.length === 0 && field(it, "etag") === '"a"';
  }),
  answered("8.1: an empty response is whole", { path: "/empty" }, (it) => isWhole(it, 200, it) && it.body.length === 0),
  answered("8.2: names are written in lower case", { path: "/hops" }, (it) => field(it, "x-mixed-case") === "Value"),
  answered("8.2.2: fields of one connection are not passed on", { path: "/hops" }, ({ fields }) => {
    const names = fields.map(([name]) => name);
    return !["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"].some((it) =>
      names.includes(it),
    );
  }),
  answered("8.3.2: :status comes first, once, and alone of its kind", {}, ({ fields }) => {
    return fields[0]?.[0] === ":status" && fields.filter(([name]) => name.startsWith(":")).length === 1;
  }),
  answered(
    "8.1: Expect: 100-continue is answered",
    {
      method: "POST",
      path: "/echo?1",
      fields: [
        ["expect", "100-continue"],
        ["content-length", "3"],
      ],
      body: "abc",
    },
    (it) => {
      return isWhole(it, 200, it) && String(it.body) === "abc";
    },
  ),
  {
    name: "9113 8.1: a response without a body is HEADERS with END_STREAM, or an empty DATA",
    play: async (client) => {
      await client.request({ path: "/empty" });
      const sizes = client.frames.filter(({ type, stream }) => type === Type.data && stream === 1);
      if (sizes.some(({ payload }) => payload.length > 0) || sizes.length > 1) throw new Error(client.told);
    },
    outcome: alive,
  },
];
