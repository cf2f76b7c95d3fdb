// SPDX-License-Identifier: Apache-2.0
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import express, { Router } from 'express';
import helmet from 'helmet';

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ThingLedger gateway</title>
<link rel="stylesheet" href="./swagger-ui.css">
<link rel="icon" href="./favicon-32x32.png">
</head>
<body>
<div id="docs"></div>
<script src="./swagger-ui-bundle.js"></script>
<script src="./start.js"></script>
</body>
</html>
`;
const SCRIPT = `window.ui = SwaggerUIBundle({ url: '../openapi.json', dom_id: '#docs', deepLinking: true, tryItOutEnabled: true, persistAuthorization: false, validatorUrl: null });\n`;

/** The browsable page of the OpenAPI document, from files in this machine's packages: nothing is fetched from outside. */
export function docs(): Router {
  const assets = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const router = Router({ strict: true });
  router.use(
    '/docs',
    helmet.contentSecurityPolicy({
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        // Swagger UI sets styles in its elements and draws its icons from data addresses.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
    }),
  );
  router.get('/docs', (_request, response) => {
    response.redirect(308, '/docs/');
  });
  router.get('/docs/', (_request, response) => {
    response.type('html').send(PAGE);
  });
  router.get('/docs/start.js', (_request, response) => {
    response.type('text/javascript').send(SCRIPT);
  });
  router.use(
    '/docs',
    express.static(assets, { index: false, dotfiles: 'ignore', maxAge: '1d', redirect: false }),
  );
  return router;
}
