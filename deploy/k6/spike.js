// A crowd that comes at once and goes again.
//
//   k6 run -e PROXY_URL=http://localhost:8080 deploy/k6/spike.js

import { optionsOf, summaryOf, visit } from "./proxy.js";

export const options = optionsOf("spike");
export const handleSummary = summaryOf("spike");
export default visit;
