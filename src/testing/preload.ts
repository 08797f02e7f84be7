// Runs before test files (`bun test --preload`): what they import from "sluice" is this very program, wherever they lie.

import { defineConfig } from "../config/define.ts";
import { answerSluice } from "../config/loadevaluate.ts";
import { testConfig, testHook } from "./door.ts";

answerSluice({ defineConfig, testConfig, testHook });
