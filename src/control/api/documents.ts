// What tells of the operations themselves: the OpenAPI document for programs, a page for people. Both are made of the table of all
// operations, these among them.

import type { AdminService } from "../adminservice.ts";
import { indexPage } from "../indexpage.ts";
import { text } from "./answer.ts";
import { openapiOf } from "./openapi.ts";
import { type Operation, wordedOperation } from "./operation.ts";

/** `all`: asked for when somebody looks, for these are among them. */
export function documentOperations(
  service: Pick<AdminService, "status">,
  all: () => readonly Operation[],
): readonly Operation[] {
  let document: string | null = null;
  return [
    wordedOperation({
      ...{ id: "getIndex", method: "GET", path: "/api", tag: "Documents" },
      summary: "this list",
      answers: { 200: { description: "A page for people.", type: "text/html; charset=utf-8" } },
      handle: () => page(indexPage(service.status(), all())),
    }),
    wordedOperation({
      ...{ id: "getOpenapi", method: "GET", path: "/api/v1/openapi.json", tag: "Documents" },
      summary: "this API as an OpenAPI document (3.1)",
      answers: { 200: { description: "The document.", type: "application/json" } },
      handle: () => {
        document ??= `${JSON.stringify(openapiOf(all(), service.status().version))}\n`;
        return text(200, document, "application/json");
      },
    }),
  ];
}

function page(html: string): Response {
  const response = text(200, html, "text/html; charset=utf-8");
  response.headers.set("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'");
  return response;
}
