// Answers that rules give, ready to be filled in: templates are compiled once, texts without one stay as they are, and an answer
// that is the same for everybody is made once. It knows what a client is told, not how that is framed or sent: the flow adds
// Content-Length, Date and whether the connection stays.

import type { FieldPlan, ReplyPlan } from "../config/plan.ts";
import type { Template } from "./expression/compiled.ts";
import type { Reply } from "./outcome.ts";
import type { Scene } from "./scene.ts";
import type { Terms } from "./terms.ts";

/** What is said to wait at least, however soon there will be a token again. */
const waitLeastS = 1;

export class ReplyMaker {
  readonly #plan: ReplyPlan;
  readonly #fields: readonly { readonly name: string; readonly value: Template }[];
  readonly #body: Template | null;
  /** Of an answer in which nothing changes from client to client. */
  readonly #constant: Reply | null;

  constructor(plan: ReplyPlan, terms: Terms) {
    this.#plan = plan;
    this.#fields = plan.isTemplate
      ? plan.fields.map(({ name, value }) => ({ name, value: terms.template(value) }))
      : [];
    this.#body = plan.isTemplate && plan.body !== null ? terms.template(plan.body) : null;
    const isConstant = !plan.isTemplate && plan.retryAfterS >= 0;
    this.#constant = isConstant ? { ...plain(plan), retryAfterS: plan.retryAfterS } : null;
  }

  /** `waitMs`: until the client may come again; 0 when nobody knows. */
  fill(scene: Scene, waitMs = 0): Reply {
    if (this.#constant !== null) return this.#constant;
    const { retryAfterS } = this.#plan;
    const fields: FieldPlan[] = this.#fields.map(({ name, value }) => ({ name, value: value.evaluate(scene) }));
    return {
      ...plain(this.#plan),
      ...(this.#plan.isTemplate ? { fields, body: this.#body?.evaluate(scene) ?? null } : {}),
      retryAfterS: retryAfterS >= 0 ? retryAfterS : Math.max(Math.ceil(waitMs / 1000), waitLeastS),
    };
  }
}

function plain({ status, reason, fields, body }: ReplyPlan): Omit<Reply, "retryAfterS"> {
  return { status, reason, fields, body };
}
