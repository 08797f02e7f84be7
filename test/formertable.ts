// A table of texts as the first layout had it, of 30 keys: what a version that hashed them otherwise has left behind. Made by that
// version, for tests; nothing can make it any more. One entry was removed, one has no tokens left, one was held by a process that
// has died.

import type { TablePlan } from "../src/config/plan.ts";

export const formerPlan: TablePlan = {
  name: "people",
  key: { kind: "string", bytesMax: 16 },
  entriesMax: 100,
  expireMs: 60_000,
  isEvicting: true,
  share: null,
  store: ["gpc0", "tokens(5,60s)", "conn_cur"],
};
/** The time that it was written at. */
export const formerNowMs = 1_000_000;

const packed = [
  "H4sIAAAAAAACA+3ZzU/TcBgH8Ip7UUFBQMQJi/mdMNmhIEztyajofBkIKr4AGhwNLsNuaTcDEpL9Bf4FHjh44sDBEweinkg08UYM",
  "R8KBg4mRA2fi86ztL3twPwFJ1OjzTZrRdp9+y/qsI+PFSkvfPk3TeuqHZnq/fFvprP/6qArW62B5rXE4nH85U8IaeWYKQ+TMbG7c",
  "FDGRMSeFMSUyaWsUNjt5O22NweYnk3nTSY5MCKM9Ph0TpgU7/A26DhsmcmnbTDrCiOs6bkg73c/TqTxqI28XzJhwno7YUGUVxsdh",
  "JZ/FlUExlkvpcPx8NmNaTltXLK47p2E9lbWsx6mCLYan+SpxOBwOh8PhcDh/R1phicIyE9S0j7AsBHfnm2AJgMHvIJqrXb/grhc/",
  "eNvfwqN9sVZrCLgdn7yOd/A4B8t7b/2NZxsDuz8PDud/TBKWsOa+z7Syx9+d1ZB6X7HCvtHQzo+9GHLvG7+S9bKepS2dbWG1i3v7",
  "bM9Ewtt3xeC5a955JuDngS190bL1jZ/8PjXbdG1uOW6Vt26UbZ8N7eweOl9mlvdwz70A93cM3s8Ljmmf0ukkVpjLYun1BYev9YLv",
  "2ukz8bvs/s8N5ceRbs4735LroG7/j90ld8k7z2W/7wx1AcV5XgaHM7jmu07qggrXDQ67NnzXRV1I4a6Awy68tiUXpy6scFfBYVed",
  "785Sd0DhEuCwK+q7c9QdVLhr4LAr5rvz1B1SuOvgsMvwXTsdmGqFuwEOuxLS0YGpUbib4AzvPek6OjCHFS4JDrtGpaMDc0ThesBh",
  "ly0dHZhahesFh11F6ejA1CncLXDY9VI6OjBHKzi8bn3gsOuVdHRg6is4fN/1g8OuWenowDQozvM2OOyal44OTKPC3QGHXYu+66Dz",
  "ckzh7oLDriXp6Lw0KdwAOOxalY7Oy3GFuwcOu9alo/PSrHD3wWHXpnR0Xk4o3ANw2IWfGa6j8xJRuIfgsCsiHZ2XkxUcXu9BcNjV",
  "Jh2dl5YKDq/3EDjsiktH56VVcZ7D4LBLfq500HmJ8p+AHA6Hw+FwOBwOh8Ph7Dl/+v9w3wEbWIHU4CwAAA==",
];

/** As it lay in the file. */
export function formerTable(): Uint8Array {
  return Bun.gunzipSync(Buffer.from(packed.join(""), "base64"));
}
