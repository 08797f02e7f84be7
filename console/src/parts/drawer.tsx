// What stands beside a list about the one row that is open: on a wide screen a column of its own, so that the list stays in sight; on a
// phone the whole screen. Esc closes it, and j and k go on to the next row with it open.

import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useKeys } from "../keys.ts";
import { isNarrow } from "../theme.ts";
import { Gone } from "./notice.tsx";

export interface DrawerProps {
  readonly title: ComponentChildren;
  /** Said to those who do not see it. */
  readonly label: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  /** Buttons at its foot. */
  readonly actions?: ComponentChildren;
}

export function Drawer({ title, label, onClose, children, actions }: DrawerProps): VNode {
  const box = useRef<HTMLElement>(null);
  useKeys({ Escape: onClose });
  useEffect(() => {
    // On a phone it covers what was focused.
    if (isNarrow.value) box.current?.focus();
  }, []);
  return (
    <aside class="drawer" aria-label={label} ref={box} tabIndex={-1}>
      <header>
        <h2>{title}</h2>
        <button type="button" class="plain close" aria-label="Close" onClick={onClose}>
          ✕
        </button>
      </header>
      <div class="drawer-body">{children}</div>
      {actions === undefined ? null : <footer>{actions}</footer>}
    </aside>
  );
}

/** For an address of what is not there, or not any more. */
export function GoneDrawer({
  what,
  name,
  onClose,
}: Pick<DrawerProps, "onClose"> & { readonly what: string; readonly name: string }): VNode {
  return (
    <Drawer title={name} label={name} onClose={onClose}>
      <Gone what={what} name={name} />
    </Drawer>
  );
}

/** Names and what they are, one a line. Null values are left out. */
export function Facts({ of }: { readonly of: readonly (readonly [string, ComponentChildren])[] }): VNode {
  return (
    <dl class="facts">
      {of
        .filter(([, value]) => value !== null && value !== undefined && value !== "")
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
