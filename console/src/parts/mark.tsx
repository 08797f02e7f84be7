// The state of a thing as a shape, a colour and a word: the shape alone tells states apart, for those who see colours differently and for
// pages printed in grey. One place for which state looks how.

import type { VNode } from "preact";

export type Tone = "good" | "warn" | "bad" | "idle" | "note";
type Shape = "disc" | "ring" | "half" | "triangle" | "square" | "cross";

const looks: Readonly<Record<string, readonly [Tone, Shape]>> = {
  up: ["good", "disc"],
  ready: ["good", "disc"],
  good: ["good", "disc"],
  enforce: ["good", "disc"],
  available: ["good", "disc"],
  unchecked: ["idle", "ring"],
  idle: ["idle", "ring"],
  off: ["idle", "ring"],
  ended: ["idle", "ring"],
  note: ["note", "ring"],
  observe: ["note", "half"],
  draining: ["note", "half"],
  starting: ["note", "half"],
  waiting: ["warn", "triangle"],
  warn: ["warn", "triangle"],
  ejected: ["warn", "triangle"],
  cooling: ["warn", "triangle"],
  unresolved: ["bad", "square"],
  down: ["bad", "cross"],
  bad: ["bad", "cross"],
  banned: ["bad", "cross"],
};

export function toneOf(state: string): Tone {
  return looks[state]?.[0] ?? "note";
}

/** `state` as the API says it; unknown ones are shown as something of note. */
export function Mark({ state }: { readonly state: string }): VNode {
  const [tone, shape] = looks[state] ?? (["note", "ring"] as const);
  return (
    <svg class={`mark ${tone}`} viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
      {shapes[shape]()}
    </svg>
  );
}

/** With its word. */
export function State({ state, text = state }: { readonly state: string; readonly text?: string }): VNode {
  return (
    <span class={`state ${toneOf(state)}`}>
      <Mark state={state} />
      {text}
    </span>
  );
}

const shapes: Readonly<Record<Shape, () => VNode>> = {
  disc: () => <circle cx="5" cy="5" r="4" />,
  ring: () => <circle cx="5" cy="5" r="3.25" class="hollow" />,
  half: () => (
    <g>
      <circle cx="5" cy="5" r="3.25" class="hollow" />
      <path d="M5 1.75a3.25 3.25 0 0 1 0 6.5z" />
    </g>
  ),
  triangle: () => <path d="M5 .8 9.6 9H.4z" />,
  square: () => <path d="M1.2 1.2h7.6v7.6H1.2z" />,
  cross: () => <path d="M2.1.7 5 3.6 7.9.7l1.4 1.4L6.4 5l2.9 2.9-1.4 1.4L5 6.4 2.1 9.3.7 7.9 3.6 5 .7 2.1z" />,
};

/** An HTTP status as a word of its class's colour; 0 is no answer. */
export function StatusCode({ status }: { readonly status: number }): VNode {
  const kind = status === 0 ? "none" : `s${Math.floor(status / 100)}`;
  return <span class={`code ${kind}`}>{status === 0 ? "none" : status}</span>;
}
