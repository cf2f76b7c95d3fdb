// SPDX-License-Identifier: Apache-2.0
export { Admission } from './admission.js';
export { createApp, type AppParts } from './app.js';
export { authentication, type Authenticate } from './authentication.js';
export { eventStreams } from './events.js';
export { guards } from './guard.js';
export type { LocalContext, LocalHandler, LocalHandlers, LocalOperationName } from './handlers.js';
export { createLogger, type Logger } from './logging.js';
export { Metrics } from './metrics.js';
export { openApiDocument, renderOpenApi } from './openapi/document.js';
export { operationRoutes } from './operations.js';
export { listen, type HttpServer } from './server.js';
export { probed, type ReadinessChecks } from './readiness.js';
export { serviceRoutes } from './service-routes.js';
export { tokenVerifier, type TokenVerifier } from './tokens.js';
export { Writes } from './writes.js';
