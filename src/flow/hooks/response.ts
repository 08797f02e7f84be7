// A response's head as hooks see it while onResponse is asked, and where a transform works on its body: then it can be
// read for as long as that lasts.

import type { HookHeaders, HookResponse } from "../../config/hooktypes.ts";
import { statusMistake } from "../framedalike.ts";
import { HeadHeaders, over } from "./headers.ts";
import type { HookState } from "./state.ts";

export class ResponseView implements HookResponse {
  readonly #ofTurn: HookState;
  readonly #turn: number;
  #headers: HookHeaders | null = null;

  constructor(state: HookState) {
    this.#ofTurn = state;
    this.#turn = state.turn;
  }

  get #state(): HookState {
    if (this.#ofTurn.turn !== this.#turn) throw over();
    return this.#ofTurn;
  }

  get headers(): HookHeaders {
    this.#headers ??= new HeadHeaders(this.#state.responseSource);
    return this.#headers;
  }

  get status(): number {
    return this.#state.responseHead.status;
  }

  set status(value: number) {
    if (!Number.isInteger(value) || value < 200 || value > 599)
      throw new TypeError(`${String(value)} is not a status from 200 to 599`);
    const mistake = statusMistake(this.status, value);
    if (mistake !== null) throw new TypeError(`${mistake}; a hook may answer { status: ${value} } in its place`);
    this.#state.rewriteStatus(value);
  }

  get server(): string {
    return this.#state.exchange.serverName;
  }
}
