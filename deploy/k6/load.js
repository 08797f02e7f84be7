// What it is built for: 500 users, come to in steps.
//
//   k6 run -e PROXY_URL=http://localhost:8080 deploy/k6/load.js

import { optionsOf, summaryOf, visit } from "./proxy.js";

export const options = optionsOf("load");
export const handleSummary = summaryOf("load");
export default visit;
