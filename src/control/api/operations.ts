// The table of all operations of the admin API, in the order in which documents list them. Wiring only: each stands in the file of its
// subject; the parts of control that most of them need are put together in ../routes.ts.

import type { AdminService } from "../adminservice.ts";
import { consoleOperations } from "./console.ts";
import { documentOperations } from "./documents.ts";
import type { Operation } from "./operation.ts";
import { publicOperations } from "./public.ts";
import { statusOperations } from "./status.ts";
import { steeringOperations } from "./steering.ts";

/** `others`: what is not the service's own. */
export function adminOperations(service: AdminService, others: readonly Operation[]): readonly Operation[] {
  const all: readonly Operation[] = [
    ...publicOperations(service),
    ...documentOperations(service, () => all),
    // Who answers at / beside the console shows it to people himself.
    ...consoleOperations().filter(({ method, path }) => !others.some((o) => o.path === path && o.method === method)),
    ...statusOperations(service),
    ...steeringOperations(service),
    ...others,
  ];
  return all;
}
