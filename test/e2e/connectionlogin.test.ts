// Logins that hold for a connection (NTLM, Negotiate), with servers that ask for them: a login is completed as with any proxy that keeps
// the connection for its client, and nobody who has not logged in is ever answered as somebody who has.

import { expect, setDefaultTimeout, test } from "bun:test";
import { Client } from "./harness/client.ts";
import { type Handler, Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { Room } from "./harness/room.ts";
import { Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

/** Two messages and one between them, after which the connection is the user's, as of IIS. */
function loginServer(): Handler {
  const asked = new Set<number>();
  const users = new Map<number, string>();
  const unauthorized = (value: string): string =>
    `HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: ${value}\r\nContent-Length: 0\r\n\r\n`;
  return ({ connection, fields }) => {
    const [, scheme, message = ""] = /^(NTLM|Negotiate) (.+)$/.exec(fields.get("authorization")?.[0] ?? "") ?? [];
    if (message === "hello") {
      asked.add(connection);
      return unauthorized(`${scheme} nonce`);
    }
    if (message !== "" && asked.has(connection)) users.set(connection, message);
    const user = users.get(connection);
    return user === undefined ? unauthorized("Negotiate\r\nWWW-Authenticate: NTLM") : ok(`you are ${user}`);
  };
}

async function ask(client: Client, authorization: string | null = null): Promise<string> {
  const field = authorization === null ? "" : `Authorization: ${authorization}\r\n`;
  const { length } = client.text;
  client.send(`GET / HTTP/1.1\r\nHost: a\r\n${field}\r\n`);
  return until("an answer", () => answerIn(client.text.slice(length)));
}

/** Null: it is not whole. */
function answerIn(text: string): string | null {
  const [, status, length, body] =
    /^HTTP\/1.1 (\d+) .*?\r\nContent-Length: (\d+)\r\n.*?\r\n\r\n(.*)$/s.exec(text) ?? [];
  return body?.length === Number(length) ? `${status} ${body}` : null;
}

for (const idle of [{}, { connections: 0 }])
  test(`a login by the connection is completed, and is nobody else's, with idle ${JSON.stringify(idle)}`, async () => {
    await using room = new Room();
    const servers = [new Origin(room, loginServer()), new Origin(room, loginServer())];
    const port = freePort();
    await Sluice.start(room, {
      workers: 1,
      listeners: { web: { listen: `127.0.0.1:${port}`, use: "app" } },
      pools: { app: { servers: servers.map((server) => `127.0.0.1:${server.port}`), idle } },
    });
    const users = ["alice", "bob"];
    const clients = await Promise.all(users.map(() => Client.connect(room, port)));
    const stranger = await Client.connect(room, port);
    for (const [index, client] of clients.entries()) {
      const scheme = index === 0 ? "NTLM" : "Negotiate";
      // One is asked to first, the other begins by itself.
      if (index === 0) expect(await ask(client)).toBe("401 ");
      expect(await ask(client, `${scheme} hello`)).toBe("401 ");
      expect(await ask(stranger)).toBe("401 ");
      expect(await ask(client, `${scheme} ${users[index]}`)).toBe(`200 you are ${users[index]}`);
    }
    for (let turn = 0; turn < 4; turn++) {
      for (const [index, client] of clients.entries()) expect(await ask(client)).toBe(`200 you are ${users[index]}`);
      expect(await ask(stranger)).toBe("401 ");
    }
    for (const client of clients) client.socket.terminate();
    const late = await Client.connect(room, port);
    for (let turn = 0; turn < 4; turn++) expect([await ask(stranger), await ask(late)]).toEqual(["401 ", "401 "]);
  });
