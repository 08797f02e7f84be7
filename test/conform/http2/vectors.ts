// All cases of the conformance suite of HTTP/2.

import { connectionVectors } from "./connection.ts";
import { controlVectors } from "./control.ts";
import { hpackVectors } from "./hpack.ts";
import { requestVectors } from "./request.ts";
import { responseVectors } from "./response.ts";
import type { Vector } from "./vector.ts";
import { windowVectors } from "./window.ts";

export const vectors: readonly Vector[] = [
  ...connectionVectors,
  ...controlVectors,
  ...windowVectors,
  ...requestVectors,
  ...responseVectors,
  ...hpackVectors,
];
