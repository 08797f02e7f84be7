// Which scanner reads a log, by what its plan says of its format. Each kind has a file of its own; all of them fill in the same record
// (line.ts).

import { type Reading, read } from "../../base/reading.ts";
import type { EgressLogFormatPlan } from "../../config/plan.ts";
import { IpmanagerFormat } from "./ipmanagerformat.ts";
import type { LogFormat } from "./line.ts";
import { readNginxFormat } from "./nginxformat.ts";
import { readPatternFormat } from "./patternformat.ts";

/** `isPort`: whether a member listens there. The refusal continues "its format". */
export function formatOf(plan: EgressLogFormatPlan, isPort: (port: number) => boolean): Reading<LogFormat> {
  switch (plan.kind) {
    case "nginx":
      return readNginxFormat(plan.text);
    case "pattern":
      return readPatternFormat(plan.text);
    case "ipmanager":
      return read(new IpmanagerFormat(isPort));
  }
}
