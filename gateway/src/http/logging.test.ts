// SPDX-License-Identifier: Apache-2.0
import express from 'express';
import request from 'supertest';
import { createLogger, observed } from './logging.js';
import { Metrics } from './metrics.js';

const sources = {
  admission: () => ({ requests: 1, bytes: 2, shed: 3 }),
  eventStreams: () => 0,
  writer: () => ({ waiting: 4 }),
};

function lines(level: string): {
  readonly log: Record<string, unknown>[];
  readonly logger: ReturnType<typeof createLogger>;
} {
  const log: Record<string, unknown>[] = [];
  const logger = createLogger('maker', level, {
    write: (line) => void log.push(JSON.parse(line) as Record<string, unknown>),
  });
  return { log, logger };
}

describe('the log', () => {
  test('blots out whatever could be a credential', () => {
    const { log, logger } = lines('info');
    logger.info(
      {
        apiKey: 'tl_secret',
        headers: { authorization: 'Bearer secret', 'x-api-key': 'tl_secret' },
        principal: { identity: { privateKeyPem: 'secret' } },
      },
      'x',
    );
    expect(JSON.stringify(log)).not.toContain('secret');
    expect(log[0]).toMatchObject({ member: 'maker', apiKey: '[redacted]' });
  });

  test('has a line for each request with its level, and neither query nor headers', async () => {
    const { log, logger } = lines('debug');
    const metrics = new Metrics('maker', sources, false);
    const app = express();
    app.use(observed(logger, metrics));
    app.get(
      '/things/:thing',
      (request_, response) => void response.status(Number(request_.query['status'])).end(),
    );
    for (const status of [200, 404, 503]) {
      await request(app)
        .get(`/things/x?status=${String(status)}&token=secret`)
        .set('X-API-Key', 'tl_secret')
        .set('X-Request-Id', 'r-1');
    }
    expect(log.map(({ level, status }) => [level, status])).toEqual([
      [20, 200],
      [30, 404],
      [50, 503],
    ]);
    expect(log[0]).toMatchObject({ requestId: 'r-1', method: 'GET', path: '/things/x' });
    expect(JSON.stringify(log)).not.toContain('secret');
    expect(await metrics.registry.metrics()).toContain(
      'thingledger_http_request_seconds_count{member="maker",method="GET",route="/things/:thing",status="404"} 1',
    );
  });

  test('leaves out successes above debug', async () => {
    const { log, logger } = lines('info');
    const app = express();
    app.use(
      observed(logger, new Metrics('maker', sources, false)),
      (_request, response) => void response.end(),
    );
    await request(app).get('/');
    expect(log).toEqual([]);
  });
});

test('metrics tell what their sources say when asked', async () => {
  const text = await new Metrics('maker', sources, false).registry.metrics();
  expect(text).toContain('thingledger_http_shed{member="maker"} 3');
  expect(text).toContain('thingledger_writer{name="waiting",member="maker"} 4');
});
