// Bounds on expressions. An expression is written by an operator, but it is played with what clients send, on every request:
// none may take long, and none may make a text or a walk that grows with the square of a request.

/** Characters of an expression. Nobody reads a longer one; lists of values belong into `lists`. */
export const expressionLengthMax = 4096;
/** Brackets, signs and choices inside each other. More would only exhaust the stack of whoever walks the tree. */
export const depthMax = 64;
/** Nodes of the tree: bounds compiling, and one evaluation but for macros. */
export const nodesMax = 1024;
/** Rounds of a macro, those of macros inside it included. Past it the answer is absent. A head of 64 KiB has no more values. */
export const macroRoundsMax = 65_536;
/** Characters of a text that an operator or a function makes; a longer one is absent. Replacing inside replacing would grow without end. */
export const textLengthMax = 65_536;
/** Characters that replacing all may look at again and again: at up to 0.2 us each. A text of 1,400 never has so many, however much is found. */
export const replaceWorkMax = 1_048_576;
/** Characters of a template: a page of an answer is one. */
export const templateLengthMax = 262_144;
/** Expressions in a template. */
export const templatePartsMax = 256;
/** Whole numbers are exact up to here (2^53 - 1), for all numbers are doubles. */
export const integerMax: number = Number.MAX_SAFE_INTEGER;
/** `tracked[0]` to `tracked[15]`. HAProxy has 3 slots unless told otherwise, and few need them. */
export const slotsMax = 16;
/** Problems told of one expression; what follows the first few is their consequence. */
export const errorsMax = 8;
