// SPDX-License-Identifier: Apache-2.0
import { epcisDescriptions } from './epcis/index.js';
import { openApiDocument } from './http/index.js';
import { resolverDescriptions } from './resolver/index.js';

/** The OpenAPI document of a gateway with all its routes. @param bulkItems the most items a bulk request may have here */
export function gatewayDocument(bulkItems = 1000): Record<string, unknown> {
  return openApiDocument(bulkItems, [...resolverDescriptions, ...epcisDescriptions]);
}

/** The document as text, as `scripts/generate` writes it. */
export function renderOpenApi(): string {
  return `${JSON.stringify(gatewayDocument(), undefined, 2)}\n`;
}
