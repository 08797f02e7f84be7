// Runs before test files (`bun test --preload`, files.ts): what they import from "sluice" is this very program, wherever they lie and
// whatever is installed beside them. So a test is always one of the Sluice that runs it, which is told that it moves (watch.ts).

import { beforeEach } from "bun:test";
import { defineConfig } from "../config/define.ts";
import { answerSluice } from "../config/loadevaluate.ts";
import { testConfig, testHook } from "./door.ts";

answerSluice({ defineConfig, testConfig, testHook });

const tell = (said: "begun" | "moving"): void => void process.send?.(said);
beforeEach(() => tell("begun"));
setInterval(() => tell("moving"), 200).unref();
process.channel?.unref();
