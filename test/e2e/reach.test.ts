// Who may change what without a token, and that nobody comes to the admin interface by a forward proxy.

import { expect, setDefaultTimeout, test } from "bun:test";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { ran } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { Sluice } from "./harness/sluice.ts";

setDefaultTimeout(60_000);

test("without a token a change of the config over the API cannot run programs, nor read or write files", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("fine"));
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address] } } });
  const patch = async (body: object): Promise<{ status: number; text: string }> => {
    const headers = { "content-type": "application/merge-patch+json" };
    const answer = await fetch(`http://${sluice.admin}/api/v1/config`, {
      method: "PATCH",
      headers,
      body: JSON.stringify(body),
    });
    return { status: answer.status, text: await answer.text() };
  };
  const marker = room.path("was-run");
  for (const body of [
    { pools: { app: { check: { exec: `/usr/bin/touch ${marker}` } } } },
    { accessLog: { path: marker } },
    { pools: { other: { reply: { file: "/etc/passwd" } } } },
  ])
    expect(await patch(body)).toMatchObject({ status: 422, text: expect.stringContaining("set admin.token") });
  expect(await Bun.file(marker).exists()).toBe(false);
  expect((await patch({ pools: { app: { retries: 2 } } })).status).toBe(200);
});

test("a forward proxy that may go anywhere on this machine does not go to Sluice's own admin interface", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("fine"));
  const port = freePort();
  const sluice = await Sluice.start(room, {
    pools: { app: { servers: [origin.address] } },
    listeners: {
      out: {
        listen: `127.0.0.1:${port}`,
        proxy: { private: true, ports: ["1-65535"], tunnels: { ports: ["1-65535"] } },
      },
    },
  });
  const fetched = async (...words: readonly string[]): Promise<string> =>
    (
      await ran([
        "curl",
        "-s",
        "-o",
        "/dev/null",
        "-w",
        "%{http_code}/%{http_connect}",
        "-x",
        `http://127.0.0.1:${port}`,
        ...words,
      ])
    ).out;
  expect(await fetched(`http://${origin.address}/`)).toBe("200/000");
  expect(await fetched(`http://${sluice.admin}/api/v1/status`)).toBe("403/000");
  expect(await fetched("-p", `http://${sluice.admin}/api/v1/status`)).toBe("000/403");
  expect(await fetched(`http://localhost:${sluice.admin.split(":")[1]}/api/v1/status`)).toBe("403/000");
});
