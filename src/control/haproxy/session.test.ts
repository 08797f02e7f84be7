import { expect, test } from "bun:test";
import type { Command } from "./command.ts";
import { helpOf, unknownOf } from "./help.ts";
import { commandsIn, Session } from "./session.ts";

const asked: string[][] = [];
let pages = 0;
const commands: readonly Command[] = [
  {
    ...{ name: "disable server", usage: "disable server (DEPRECATED)", help: "disable a server", level: "admin" },
    answer: ({ words }) => {
      asked.push([...words]);
      return "";
    },
  },
  {
    ...{ name: "show parts", usage: "show parts", help: "many parts", level: "user" },
    answer: async function* () {
      yield "one\n";
      yield "two\n";
    },
  },
  {
    ...{ name: "show nothing", usage: "show nothing", help: "pages without a line", level: "user" },
    answer: async function* () {
      for (let page = 0; page < 1000; page++) {
        pages = page;
        yield "";
      }
    },
  },
  {
    ...{ name: "show fault", usage: "show fault", help: "fails", level: "user" },
    answer: () => {
      throw new Error("unforeseen");
    },
  },
  { ...{ name: "show version", usage: "show version", help: "show version", level: "user" }, answer: () => "1.2.3\n" },
];

function stage(level: "user" | "operator" | "admin" = "admin", takes = Number.POSITIVE_INFINITY) {
  const written: string[] = [];
  const faults: string[] = [];
  const session = new Session({
    ...{ level, commands, actor: "a test" },
    write: async (text) => {
      written.push(text);
      return written.length < takes;
    },
    failed: ({ message }) => void faults.push(message),
  });
  return { session, faults, told: () => written.join(""), written };
}

test("words end at spaces, commands at semicolons, and a backslash takes the meaning of what stands behind it", () => {
  expect(commandsIn("show table web key a\\ b; get x")).toEqual([
    ["show", "table", "web", "key", "a b"],
    ["get", "x"],
  ]);
  expect(commandsIn("  a \t b\\;c  ")).toEqual([["a", "b;c"]]);
  expect(commandsIn("key \\xff\\x5c")).toEqual([["key", "\\xff\\x5c"]]);
  expect(commandsIn(";")).toEqual([[""], [""]]);
});

test("a line is answered, an empty line stands behind each answer, and the session is over", async () => {
  const { session, told } = stage();
  expect(await session.received("show ver")).toBe(false);
  expect(await session.received("sion;show parts\n")).toBe(true);
  expect(told()).toBe("1.2.3\n\none\ntwo\n\n");
});

test("with a prompt it goes on until somebody quits, and all lines that have come are answered", async () => {
  const { session, told } = stage();
  expect(await session.received("prompt\nshow version\r\n")).toBe(false);
  expect(told()).toBe("\n> 1.2.3\n\n> ");
  expect(await session.received("quit;show version\nshow version\n")).toBe(true);
  expect(told()).toBe("\n> 1.2.3\n\n> ");
});

test("a request over HTTP ends the session, and nothing behind its first line is carried out, whenever it comes", async () => {
  const post = "POST /x HTTP/1.1\r\n";
  const header = "Host: 127.0.0.1:9999\r\nContent-Type: text/plain;disable server app/a;x\r\n\r\n";
  for (const parts of [
    [`${post}${header}\ndisable server app/a\n`],
    [post, header, "\ndisable server app/a\n"],
    ["PO", "ST / HTTP/1.1\r", "\n", "disable server app/a\n"],
    ["host: x;disable server app/a\n", "disable server app/a\n"],
    ["PRI * HTTP/2.0\r\n", "disable server app/a\n"],
    ["\x16\x03\x01\x02\0\x01\n", "disable server app/a\n"],
    [`GET /${"x".repeat(20_000)}`, " HTTP/1.1\r\n", "disable server app/a\n"],
  ]) {
    const { session } = stage();
    for (const part of parts) await session.received(part);
    expect(await session.received("disable server app/a\n")).toBe(true);
    expect(asked).toEqual([]);
  }
});

test("behind a line that was the last one nothing is carried out", async () => {
  const { session, told } = stage();
  expect(await session.received("show version\n")).toBe(true);
  expect(await session.received("disable server app/a\n")).toBe(true);
  expect(asked).toEqual([]);
  expect(told()).toBe("1.2.3\n\n");
});

test("levels only go down, and what is above them is denied", async () => {
  const { session, told } = stage("operator");
  await session.received("disable server a/b;show cli level;user;show cli level;operator;show cli level\n");
  expect(told()).toBe("Permission denied\n\noperator\n\n\nuser\n\nPermission denied\n\nuser\n\n");
  expect(asked).toEqual([]);
});

test("what is unknown is answered with what comes near it", () => {
  expect(unknownOf(commands, ["show", "verse"])).toStartWith(
    "Unknown command, but maybe one of the following ones is a better match:\n  show parts ",
  );
  expect(unknownOf(commands, ["show", "ver"])).toBe(
    "Unknown command, but maybe one of the following ones is a better match:\n" +
      "  show version                            : show version\n" +
      "  help [<command>]                        : list matching or all commands\n" +
      "  prompt                                  : toggle interactive mode with prompt\n" +
      "  quit                                    : disconnect\n",
  );
  expect(unknownOf(commands, [""])).toStartWith("Unknown command. Please enter one of the following commands only:\n");
  expect(helpOf(commands, ["show", "version"])).toStartWith(
    "The following commands are valid at this level:\n  show v",
  );
});

test("nothing that comes throws: a command that fails says so, a line without an end is refused", async () => {
  const { session, told, faults } = stage();
  expect(await session.received("show fault\n")).toBe(true);
  expect(told()).toBe("It failed; the log says how.\n\n");
  expect(faults).toEqual(["unforeseen"]);
  const other = stage();
  expect(await other.session.received("x".repeat(20_000))).toBe(true);
  expect(other.told()).toBe("The command is too long.\n\n");
});

test("nothing more is made for who has left", async () => {
  const { session, written } = stage("admin", 1);
  expect(await session.received("show parts;show version\n")).toBe(true);
  expect(written).toEqual(["one\n"]);
});

test("a client that has left is noticed where a search finds nothing to tell it", async () => {
  const { session } = stage("user", 3);
  expect(await session.received("show nothing\n")).toBe(true);
  expect(pages).toBe(2);
});
