// What the admin interface asks of the rest of control. Types only: who answers is control.ts, who asks are the files of api/, each for
// the part that its subject needs. It knows no paths and no HTTP, so that what control can be asked can be read here without either.
// What is asked of one part of control alone, such as tables or bans, is asked of that part, and does not stand here.

import type { CertificatesStatus } from "./certificatestatus.ts";
import type { PublicService } from "./publicpages.ts";
import type { Status } from "./status.ts";

/** `maintain` gives a server nothing at all; one that is drained keeps the clients whose cookie or table names it. */
export type Order = "drain" | "maintain" | "enable";

export interface AdminService extends PublicService {
  status(): Status;
  certificates(): CertificatesStatus;
  /** Null when it is done; otherwise what does not exist. */
  steer(pool: string, server: string, order: Order): string | null;
}
