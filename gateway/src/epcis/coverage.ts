// SPDX-License-Identifier: Apache-2.0
import { renderTable } from '@thingledger/protocol';
import { renderEventFields, renderHandingOver, renderQueryParameters } from '@thingledger/protocol/epcis';
import { epcisDescriptions, UNSERVED } from './routes/index.js';

/** What of EPCIS 2.0 is there, as a Markdown document: routes, headers, query parameters, fields of events (requirement T8). */
export function renderEpcisCoverage(): string {
  const routes = [
    ...epcisDescriptions.map(({ method, path, summary }) => [
      `\`${method.toUpperCase()} ${path.replace('/epcis', '') || '/'}\``,
      'yes',
      summary,
    ]),
    ...Object.entries(UNSERVED).map(([route, why]) => [`\`${route}\``, 'no', why]),
    ['`OPTIONS` of every path', 'yes', 'Methods, versions, limits of capture; open to all'],
  ];
  const left = [
    ['XML, SOAP and AS2 bindings', 'JSON-LD says the same; answers are 415 and 406.'],
    ['`GS1-EPC-Format` other than `Never_Translates`', 'Events are given back as they were captured.'],
    ['`GS1-CBV-XML-Format`', 'It is about XML.'],
    ['`GS1-Extensions`', 'Every namespace is taken; there is none to name.'],
    ['`GS1-Next-Page-Token-Expires`', 'Tokens of pages do not expire.'],
    ['Capture of an `EPCISQueryDocument`', 'Post its events as an `EPCISDocument`.'],
    ['`EPCISMasterDataDocument`', 'It is XML only; an `EPCISDocument` may have master data and no events.'],
    ['`SimpleMasterDataQuery`', 'Queries for events go by master data; it is not given back itself.'],
  ];
  return [
    '# EPCIS 2.0: how far',
    'Generated from the lists and schemas that routes, parser and tests go by. See [the guide](guides/epcis.md).',
    '## Routes',
    'Below `/epcis`, with parameters, bodies and problem types in [the OpenAPI document](openapi.json).',
    renderTable(['Route', 'Supported', ''], routes),
    '## Left out',
    renderTable(['What', 'Why'], left),
    '## Parameters of queries',
    renderQueryParameters().trimEnd(),
    '## Steps that hand over',
    renderHandingOver().trimEnd(),
    '## Fields of events',
    renderEventFields(),
  ].join('\n\n');
}
