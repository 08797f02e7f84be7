// Is it there, and does it answer? 10 users for 30 seconds.
//
//   k6 run -e PROXY_URL=http://localhost:8080 deploy/k6/smoke.js

import { optionsOf, summaryOf, visit } from "./proxy.js";

export const options = optionsOf("smoke");
export const handleSummary = summaryOf("smoke");
export default visit;
