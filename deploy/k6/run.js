// Any of the scenarios, by name:
//
//   k6 run -e SCENARIO=spike deploy/k6/run.js

import { optionsOf, summaryOf, visit } from "./proxy.js";

const name = __ENV.SCENARIO || "smoke";

export const options = optionsOf(name);
export const handleSummary = summaryOf(name);
export default visit;
