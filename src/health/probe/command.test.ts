import { expect, test } from "bun:test";
import { type CommandEnd, commandOf, judgeCommand } from "./command.ts";

const success: CommandEnd = { exitCode: 0, signal: null, output: "", complaint: "" };
const byCode = { command: ["true"], output: null };
const byOutput = { command: ["true"], output: "1" };

test("the server's host and port stand wherever the words of the command ask for them", () => {
  const command = ["/opt/check", "{host}", "--url=http://{host}:{port}/{path}", "{port}{port}", "$HOST; rm {}"];
  expect(commandOf({ command, output: null }, "::1", "80")).toEqual([
    "/opt/check",
    "::1",
    "--url=http://::1:80/{path}",
    "8080",
    "$HOST; rm {}",
  ]);
  expect(commandOf({ command: ["a", "{host}"], output: null }, "$&{port}", "80")).toEqual(["a", "$&{port}"]);
});

test("without an expected output the exit code decides", () => {
  expect(judgeCommand(byCode, { ...success, output: "no" })).toEqual({
    isHealthy: true,
    reason: "the command succeeded",
    status: null,
  });
  expect(judgeCommand(byCode, { ...success, exitCode: 3 }).reason).toBe("the command failed with exit code 3");
  expect(judgeCommand(byCode, { ...success, exitCode: 1, complaint: "\n no route\nat line 3\n" }).reason).toBe(
    'the command failed with exit code 1: "no route"',
  );
  expect(judgeCommand(byCode, { ...success, exitCode: null, signal: "SIGSEGV" }).reason).toBe(
    "the command was ended by SIGSEGV",
  );
});

test("an expected output must be all there is, but for white space around it", () => {
  expect(judgeCommand(byOutput, { ...success, output: " 1\r\n" })).toEqual({
    isHealthy: true,
    reason: 'the command said "1"',
    status: null,
  });
  for (const output of ["0", "", "11", "1 1", "1\n0"])
    expect([output, judgeCommand(byOutput, { ...success, output }).isHealthy]).toEqual([output, false]);
  expect(judgeCommand(byOutput, { ...success, output: "0\n" }).reason).toBe('the command said "0", not "1"');
  expect(judgeCommand(byOutput, success).reason).toBe('the command said nothing, not "1"');
  expect(judgeCommand({ command: [], output: "" }, { ...success, output: "\n" }).isHealthy).toBe(true);
});

test("a command that fails is a failure, whatever it said", () => {
  expect(judgeCommand(byOutput, { ...success, exitCode: 1, output: "1" }).isHealthy).toBe(false);
});
