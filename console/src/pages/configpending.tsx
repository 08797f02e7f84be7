// A change that takes itself back unless somebody says that all is well: how long that is, and the two buttons. The time runs by the
// second, and the bar shows it to whoever sits further away.

import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { ReloadAnswer } from "../../../src/control/api/shape/config.ts";
import { ask } from "../data/api.ts";
import { Mark } from "../parts/mark.tsx";
import { tell } from "../parts/notice.tsx";
import { When } from "../parts/when.tsx";
import { span } from "../text/format.ts";

export interface ConfigPendingProps {
  readonly confirmBy: string;
  readonly told: () => void;
}

export function ConfigPending({ confirmBy, told }: ConfigPendingProps): VNode {
  const left = useSignal(leftMs(confirmBy));
  const problem = useSignal("");
  // As long as it was when it was first seen: the server tells only its end.
  const whole = useRef(Math.max(left.value, 1));
  useEffect(() => {
    whole.current = Math.max(leftMs(confirmBy), 1);
    const timer = setInterval(() => {
      left.value = leftMs(confirmBy);
      // It has taken itself back, or is about to.
      if (left.value === 0) told();
    }, 250);
    return () => clearInterval(timer);
  }, [confirmBy]);
  const order = async (what: "confirm" | "rollback"): Promise<void> => {
    problem.value = "";
    try {
      await ask<ReloadAnswer>(`/api/v1/reload/${what}`, { method: "POST" });
      tell(what === "confirm" ? "Confirmed: it stays in force" : "Rolled back: what was before is in force again");
    } catch (error) {
      problem.value = (error as Error).message;
    }
    told();
  };
  return (
    <section class="pending" aria-label="Waits to be confirmed">
      <p role="status">
        <Mark state="warn" />
        <span>
          <b>A change waits to be confirmed.</b> At <When at={confirmBy} as="clock" /> it is rolled back by itself.
        </span>
      </p>
      <p class="pending-left">
        <b>{left.value === 0 ? "rolling back…" : span(left.value + 999)}</b>
        <button type="button" onClick={() => void order("rollback")}>
          Roll back now
        </button>
        <button type="button" class="primary" onClick={() => void order("confirm")}>
          All is well: keep it
        </button>
      </p>
      <i class="pending-bar" style={{ width: `${Math.min(100, (left.value / whole.current) * 100)}%` }} />
      {problem.value === "" ? null : (
        <p class="bad" role="alert">
          {problem.value}
        </p>
      )}
    </section>
  );
}

function leftMs(confirmBy: string): number {
  return Math.max(0, Date.parse(confirmBy) - Date.now());
}
