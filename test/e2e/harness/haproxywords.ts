// What configurations and requests of tests with two programs (twins.ts) have in common.

export const defaults: string = `
defaults
  mode http
  timeout connect 5s
  timeout client 20s
  timeout server 20s
`;
export const app: string = `
backend app
  server a {ORIGIN:a}
`;

export function get(target: string, ...fields: readonly string[]): string {
  return `GET ${target} HTTP/1.1\r\nHost: test\r\n${fields.map((field) => `${field}\r\n`).join("")}\r\n`;
}
