// Questions that stop everything else: a change that is to be confirmed, the token. Made of the browser's own modal dialog, which keeps
// the focus inside, gives it back afterwards, and closes with Esc. One at a time.

import { type Signal, signal } from "@preact/signals";
import type { ComponentChildren, VNode } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { place } from "../router.ts";
import { tell } from "./notice.tsx";

export interface Question {
  readonly title: string;
  readonly text: ComponentChildren;
  /** What the button says: a verb. */
  readonly action: string;
  readonly isDangerous?: boolean;
  /** Asked for before it is done, such as a reason. */
  readonly fields?: readonly FieldOf[];
  /** What it does; its sentence is told. A refusal is shown in the dialog, which stays. */
  readonly act: (values: Readonly<Record<string, string>>) => Promise<string>;
}

export interface FieldOf {
  readonly name: string;
  readonly title: string;
  readonly value?: string;
  /** A checkbox is among the values only where it is ticked. */
  readonly type?: "text" | "number" | "password" | "checkbox";
  readonly hint?: string;
  readonly isRequired?: boolean;
}

const question: Signal<Question | null> = signal(null);

export function askFirst(asked: Question): void {
  question.value = asked;
}

/** Stands once in the shell. Whoever goes elsewhere, with Back too, has left the question. */
export function Questions(): VNode | null {
  const { page, rest } = place.value;
  // With the change itself: an effect after the next picture would take away a question that is asked before it.
  useLayoutEffect(() => {
    question.value = null;
  }, [page, rest.join("/")]);
  return question.value === null ? null : <Asked key={question.value.title} question={question.value} />;
}

function Asked({ question: asked }: { readonly question: Question }): VNode {
  const [problem, setProblem] = useState("");
  const [isBusy, setBusy] = useState(false);
  const close = (): void => {
    question.value = null;
  };
  // The button is not off before the next picture: what is pressed twice is done once.
  const isUnderWay = useRef(false);
  const submit = async (form: HTMLFormElement): Promise<void> => {
    if (isUnderWay.current) return;
    isUnderWay.current = true;
    setBusy(true);
    try {
      const values = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));
      tell(await asked.act(values));
      close();
    } catch (error) {
      setProblem((error as Error).message);
      setBusy(false);
      isUnderWay.current = false;
    }
  };
  return (
    <Modal onClose={close} label={asked.title}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit(event.currentTarget);
        }}
      >
        <h2>{asked.title}</h2>
        <div class="dialog-text">{asked.text}</div>
        {asked.fields?.map((field) => (
          <Field key={field.name} field={field} />
        ))}
        {problem === "" ? null : (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <div class="buttons">
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" class={asked.isDangerous === true ? "danger" : "primary"} disabled={isBusy}>
            {asked.action}
          </button>
        </div>
      </form>
    </Modal>
  );
}

export function Field({ field }: { readonly field: FieldOf }): VNode {
  const { name, title, value = "", type = "text", hint, isRequired = false } = field;
  if (type === "checkbox")
    return (
      <label class="field check">
        <input name={name} type="checkbox" />
        <span>{title}</span>
        {hint === undefined ? null : <small>{hint}</small>}
      </label>
    );
  return (
    <label class="field">
      <span>{title}</span>
      <input
        name={name}
        // One type of the three is as good as another to the checker, which has a type of attributes for each.
        type={type as "text"}
        defaultValue={value}
        required={isRequired}
        autoComplete="off"
        spellcheck={false}
        step="any"
      />
      {hint === undefined ? null : <small>{hint}</small>}
    </label>
  );
}

export interface ModalProps {
  readonly label: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

export function Modal({ label, onClose, children }: ModalProps): VNode {
  const box = useRef<HTMLDialogElement>(null);
  // Before anything is painted, so that no letter of who types on is lost.
  useLayoutEffect(() => {
    const dialog = box.current!;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  return (
    <dialog
      ref={box}
      aria-label={label}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === box.current && onClose()}
    >
      {children}
    </dialog>
  );
}
