// Does it stay as it is? 200 users for five minutes.
//
//   k6 run -e PROXY_URL=http://localhost:8080 deploy/k6/sustained.js

import { optionsOf, summaryOf, visit } from "./proxy.js";

export const options = optionsOf("sustained");
export const handleSummary = summaryOf("sustained");
export default visit;
