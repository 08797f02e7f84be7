import { expect, test } from "bun:test";
import type { SyslogPlan } from "../../config/plan.ts";
import { Speaker } from "./speaker.ts";

const plan: SyslogPlan = {
  to: { kind: "udp", host: "127.0.0.1", port: 1 },
  ...{
    facility: 17,
    severity: 6,
    level: 7,
    minLevel: 0,
    tag: "sluice",
    format: "rfc3164",
    hostname: null,
    bytesMax: 128,
  },
};

test.skipIf(process.platform !== "linux")(
  "each text goes with its severity to those whose level it has, on one line",
  async () => {
    const texts: string[] = [];
    let told = (): void => {};
    const socket = await Bun.udpSocket({
      hostname: "127.0.0.1",
      socket: {
        data: (_socket, bytes) => {
          texts.push(Buffer.from(bytes).toString());
          told();
        },
      },
    });
    const to = { ...plan.to, port: socket.port } as SyslogPlan["to"];
    const speaker = new Speaker(
      [
        { ...plan, to, level: 5 },
        { ...plan, to, level: 4, facility: 3 },
      ],
      () => {},
    );
    speaker.say(5, "server a\nis up", Date.now());
    speaker.say(7, "nobody hears this", Date.now());
    speaker.say(3, "x".repeat(500), Date.now());
    while (texts.length < 3) await new Promise<void>((resolve) => (told = resolve));
    expect(texts[0]).toMatch(/^<141>.* sluice\[\d+\]: server a is up$/);
    expect(texts[1]).toMatch(/^<139>.* x+$/);
    expect(texts[2]).toMatch(/^<27>/);
    expect(texts[1]).toHaveLength(128);
    const long = new Speaker([{ ...plan, to, hostname: "h".repeat(255) }], () => {});
    long.say(5, "there is no room for this", Date.now());
    while (texts.length < 4) await new Promise<void>((resolve) => (told = resolve));
    expect(texts[3]).toMatch(/^<141>.{15} h{107}$/);
    await long.close(100);
    await speaker.close(100);
    socket.close();
  },
);

test("a target that is away is told of, and nobody waits for it", async () => {
  const warnings: string[] = [];
  const speaker = new Speaker([{ ...plan, to: { kind: "unix", path: "/nowhere/log" } }], (text) => warnings.push(text));
  speaker.say(5, "hello", Date.now());
  expect(warnings).toEqual([expect.stringContaining("unix:/nowhere/log cannot be written")]);
  await speaker.close(10);
});
