// A config of another program on its way to becoming one of ours: what its front-end hands over to be judged. Front-ends are in
// folders of their own; foreign.ts chooses among them.

import type { ConfigInput } from "../input.ts";
import type { Ledger } from "./ledger.ts";
import type { Origins } from "./origins.ts";

export interface Translation {
  /** The other program's name. */
  readonly program: string;
  readonly input: ConfigInput;
  readonly ledger: Ledger;
  readonly origins: Origins;
}
