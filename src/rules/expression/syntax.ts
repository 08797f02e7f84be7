// The tree of an expression as it is written. Each node says where it stands in the text, for errors and explanations; what it
// means is not known here. The grammar is CEL's (cel-spec, doc/langdef.md, "Syntax") without maps, messages and bytes.

/** Characters [start, end) of the text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export type BinaryOperator = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "+" | "-" | "*" | "/" | "%";

export interface LiteralNode extends Span {
  readonly kind: "literal";
  readonly value: boolean | number | string | null;
}
export interface NameNode extends Span {
  readonly kind: "name";
  readonly name: string;
}
export interface MemberNode extends Span {
  readonly kind: "member";
  readonly object: Node;
  readonly name: string;
  readonly nameSpan: Span;
}
export interface IndexNode extends Span {
  readonly kind: "index";
  readonly object: Node;
  readonly index: Node;
}
/** `name(…)`, or with a receiver `receiver.name(…)`. */
export interface CallNode extends Span {
  readonly kind: "call";
  readonly receiver: Node | null;
  readonly name: string;
  readonly nameSpan: Span;
  readonly parameters: readonly Node[];
}
export interface UnaryNode extends Span {
  readonly kind: "unary";
  readonly operator: "!" | "-";
  readonly operand: Node;
}
export interface BinaryNode extends Span {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Node;
  readonly right: Node;
}
/** `a && b && c` is one node. */
export interface LogicalNode extends Span {
  readonly kind: "logical";
  readonly operator: "&&" | "||";
  readonly operands: readonly Node[];
}
export interface ChoiceNode extends Span {
  readonly kind: "choice";
  readonly condition: Node;
  readonly yes: Node;
  readonly no: Node;
}
export interface ListNode extends Span {
  readonly kind: "list";
  readonly items: readonly Node[];
}

export type Node =
  | LiteralNode
  | NameNode
  | MemberNode
  | IndexNode
  | CallNode
  | UnaryNode
  | BinaryNode
  | LogicalNode
  | ChoiceNode
  | ListNode;

/** Something about a place in the text: an error, or a warning. */
export interface Remark {
  readonly offset: number;
  readonly length: number;
  readonly message: string;
}

export function remark(span: Span, message: string): Remark {
  return { offset: span.start, length: span.end - span.start, message };
}
