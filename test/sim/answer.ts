// Whether an answer is the one that was asked for: that of a server which had exactly this request, whole, or an error of the proxy's own
// where something is wrong. Whatever the client speaks, it is judged alike.

import { uncoded } from "../playbook/coder.ts";
import { digestOf, fieldOf, type Message } from "./message.ts";
import { bodyOf, type Request } from "./requests.ts";
import type { Swarm } from "./swarm.ts";
import { Violation, type World } from "./world.ts";

export function judgeAnswer(
  world: World,
  swarm: Swarm,
  name: string,
  request: Request,
  message: Message,
  isStrict: boolean,
): void {
  const status = Number(message.start[1]);
  const echoed = fieldOf(message, "x-echo-id");
  const what = `${name}: the answer to ${request.id} (${status})`;
  world.note(name, `answered ${status} for ${request.id}`);
  if (echoed === undefined) {
    if (status < 400) throw new Violation(`${what} is no server's and no error`);
    if (isStrict) throw new Violation(`${what} is an error though nothing is wrong`);
    return;
  }
  if (echoed !== request.id) throw new Violation(`${what} is the answer to ${echoed}`);
  const digest = fieldOf(message, "x-digest");
  if (digest !== undefined && digest !== request.bodyDigest)
    throw new Violation(`${what}: the server saw another body`);
  if (fieldOf(message, "x-hop") !== undefined) throw new Violation(`${what} has a field that Connection named`);
  const [seed, length] = fieldOf(message, "x-body")!.split("-").map(Number);
  const hasBody = request.method !== "HEAD" && status !== 204 && status !== 304;
  const body = bodyOf(swarm, seed!, hasBody ? length! : 0);
  const coding = fieldOf(message, "content-encoding");
  if (coding !== undefined && !request.head.includes(`Accept-Encoding: ${coding}`))
    throw new Violation(`${what} is in ${coding}, which was not asked for`);
  const received = coding === undefined || !hasBody ? message.body : uncoded(coding, message.body);
  if (received === null) throw new Violation(`${what} is not in the coding that it names`);
  if (digestOf(body) !== digestOf(received))
    throw new Violation(`${what} has another body: ${received.length} bytes instead of ${body.length}`);
}
