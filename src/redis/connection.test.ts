import { afterEach, expect, test } from "bun:test";
import { readRedisPlace } from "../base/redisplace.ts";
import { value } from "../config/measure.ts";
import { Connection } from "./connection.ts";
import type { Reply } from "./resp.ts";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** What somebody who listens says to each command; null says nothing, "" closes. `isDripping`: again and again, but for HELLO. */
type Says = (command: string) => string | null;

function listening(says: Says, isDripping: boolean): number {
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data(socket, bytes) {
        for (const command of Buffer.from(bytes)
          .toString()
          .split(/\*\d+\r\n/)
          .slice(1)) {
          const words = command
            .split("\r\n")
            .filter((_, index) => index % 2 === 1)
            .join(" ");
          const answer = says(words);
          if (answer === "") socket.end();
          else if (answer !== null) socket.write(answer);
          if (isDripping && !words.startsWith("HELLO")) {
            const timer = setInterval(() => socket.write(answer!), 20);
            ends.push(() => clearInterval(timer));
          }
        }
      },
    },
  });
  ends.push(() => server.stop(true));
  return server.port;
}

interface Opened {
  readonly connection: Connection;
  readonly pushed: (readonly Reply[])[];
  readonly ended: string[];
}

async function opened(says: Says, userinfo = "", isDripping = false): Promise<Opened> {
  const pushed: (readonly Reply[])[] = [];
  const ended: string[] = [];
  const connection = await Connection.open(
    value(readRedisPlace(`redis://${userinfo}127.0.0.1:${listening(says, isDripping)}`)),
    {
      timeoutMs: 100,
      pushed: (message) => pushed.push(message),
      ended: (why) => ended.push(why.message),
    },
  );
  ends.push(() => connection.close());
  return { connection, pushed, ended };
}

const hello = (command: string): string | null => (command.startsWith("HELLO") ? "%1\r\n+proto\r\n:3\r\n" : null);

test("it introduces itself with user, password and database", async () => {
  const heard: string[] = [];
  const { connection } = await opened((command) => {
    heard.push(command);
    return hello(command) ?? "+OK\r\n";
  }, "me:word@");
  expect(heard).toEqual(["HELLO 3 AUTH me word"]);
  expect(connection.hasPushes).toBeTrue();
});

test("one that knows no HELLO is spoken to in the old words, and then does not push", async () => {
  const heard: string[] = [];
  const { connection } = await opened((command) => {
    heard.push(command);
    return command.startsWith("HELLO") ? "-ERR unknown command 'HELLO'\r\n" : "+OK\r\n";
  }, ":word@");
  expect(heard).toEqual(["HELLO 3 AUTH default word", "AUTH word"]);
  expect(connection.hasPushes).toBeFalse();
});

test("a refusal at the beginning is told in words", async () => {
  for (const [answer, message] of [
    ["-NOAUTH HELLO must be called with the client already authenticated\r\n", "it wants a password"],
    ["-WRONGPASS invalid username-password pair\r\n", "it knows no such user or password"],
    ["-LOADING Redis is loading the dataset in memory\r\n", "it is still loading its data"],
    ["-MOVED 3999 10.0.0.2:6379\r\n", "it is on another node of its cluster: 10.0.0.2:6379"],
    ["-MISCONF Redis is configured to save\r\n", "it cannot save its data to disk, and lets nothing be written"],
    ["HTTP/1.1 400 Bad Request\r\n", "what answers is no Redis"],
    ["", "it closes the connection"],
  ])
    expect(
      await opened(() => answer!).then(
        () => "",
        (error: Error) => error.message,
      ),
    ).toBe(message!);
  expect(
    await opened(() => null).then(
      () => "",
      (error: Error) => error.message,
    ),
  ).toBe("it does not answer within 100 ms");
});

test("who says the password again does not make us say it", async () => {
  const failure = await opened(
    (command) => `-ERR unknown command, with args beginning with: ${command}\r\n`,
    "me:s3cret@",
  ).then(
    () => "",
    (error: Error) => error.message,
  );
  expect(failure).toStartWith("it refuses: ERR unknown command");
  expect(failure).not.toContain("s3cret");
});

test("answers go to questions in their order, and pushes in between to neither", async () => {
  const { connection, pushed } = await opened((command) => {
    if (command.startsWith("SUBSCRIBE"))
      return ">2\r\n+invalidate\r\n*1\r\n+s\r\n>3\r\n+subscribe\r\n+c\r\n:1\r\n>3\r\n+message\r\n+c\r\n+1\r\n";
    return hello(command) ?? (command === "BAD" ? "-ERR bad\r\n" : `+${command}\r\n`);
  });
  const answers = await Promise.allSettled([
    connection.ask("A"),
    connection.subscribe("c"),
    connection.ask("BAD"),
    connection.ask("B"),
  ]);
  expect(answers.map((each) => (each.status === "fulfilled" ? each.value : String(each.reason)))).toEqual([
    "A",
    undefined,
    "ReplyError: ERR bad",
    "B",
  ]);
  expect(pushed).toEqual([
    ["invalidate", ["s"]],
    ["message", "c", "1"],
  ]);
});

test("one answer that is late ends all that wait, once, and the connection with them", async () => {
  const { connection, ended } = await opened(hello);
  const all = await Promise.allSettled([connection.ask("A"), connection.ask("B")]);
  expect(all.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(ended).toEqual(["it does not answer within 100 ms"]);
  expect(connection.isEnded).toBeTrue();
  expect(await connection.ask("C").catch((error: Error) => error.message)).toBe("it does not answer within 100 ms");
});

test("who says much, but not what was asked for, is late as well", async () => {
  for (const drop of [">2\r\n+invalidate\r\n_\r\n", "$1000\r\n"]) {
    const { connection, ended } = await opened((command) => hello(command) ?? drop, "", true);
    expect(await connection.ask("A").catch((error: Error) => error.message)).toBe("it does not answer within 100 ms");
    expect(ended).toHaveLength(1);
  }
});

test("what is closed by us tells nobody of its end", async () => {
  const { connection, ended } = await opened(hello);
  const asked = connection.ask("A").catch((error: Error) => error.message);
  connection.close();
  expect(await asked).toBe("the connection is closed");
  expect(ended).toEqual([]);
});

test("what Redis says of a user is bounded and has no control characters", async () => {
  const long = "x".repeat(5000);
  const failure = await opened(() => `-ODD \u001b[31m${long}\r\n`).catch((error: Error) => error.message);
  expect(failure).toStartWith("it refuses: ODD  [31mxxx");
  expect(String(failure).length).toBeLessThan(220);
});
