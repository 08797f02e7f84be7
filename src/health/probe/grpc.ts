// The messages of grpc.health.v1.Health/Check (the health checking protocol of gRPC): a request with the name of a service, which may be
// empty, and an answer with one number. Both are small enough to be written and read here: a field of protobuf is a tag and a value.
// Around a message go five bytes, whether it is compressed and how long it is.

import { quoted } from "./result.ts";

const framingBytes = 5;
/** Of what comes back no more is kept. An answer is two bytes. */
export const messageMax = 1024;

/** HealthCheckResponse.ServingStatus. */
const serving = 1;
const statusNames: Readonly<Record<number, string>> = { 0: "UNKNOWN", 2: "NOT_SERVING", 3: "SERVICE_UNKNOWN" };

/** Status codes of gRPC. */
const codeNames: readonly string[] = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
];
const code = { notFound: 5, unimplemented: 12 } as const;

/** HealthCheckRequest { string service = 1; } in its frame of gRPC. Names have at most 127 bytes, so that a length is one byte. */
export function grpcRequest(service: string): Uint8Array {
  const name = new TextEncoder().encode(service);
  const message = name.length === 0 ? [] : [0x0a, name.length, ...name];
  return Uint8Array.from([0, 0, 0, 0, message.length, ...message]);
}

/** Why a call has not succeeded; null if it has. */
export function statusProblem(status: string | null, message: string | null, service: string): string | null {
  if (status === "0") return null;
  if (status === null) return "the call ended without a status (grpc-status)";
  if (status === String(code.unimplemented)) return "it has no health service (UNIMPLEMENTED)";
  if (status === String(code.notFound) && service !== "") return `it does not know the service ${quoted(service)}`;
  const name = /^\d{1,2}$/.test(status) ? codeNames[Number(status)] : undefined;
  const detail = message === null || message === "" ? "" : `: ${quoted(message)}`;
  return `the call failed with ${name ?? `the status ${quoted(status)}`}${detail}`;
}

/** Why what a call has answered is not SERVING; null if it is. */
export function grpcProblem(bytes: Uint8Array): string | null {
  const status = servingStatusOf(bytes);
  if (status === serving) return null;
  return status === -1 ? "the answer is no HealthCheckResponse" : (statusNames[status] ?? `the status ${status}`);
}

/** HealthCheckResponse { ServingStatus status = 1; }, where 0 is not written. -1: it is none. */
function servingStatusOf(bytes: Uint8Array): number {
  if (bytes.length < framingBytes || bytes[0] !== 0) return -1;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  if (length !== bytes.length - framingBytes) return -1;
  if (length === 0) return 0;
  return length === 2 && bytes[5] === 0x08 && bytes[6]! < 0x80 ? bytes[6]! : -1;
}
