// SPDX-License-Identifier: Apache-2.0
import { catalogue, refusalCodes } from './catalogue';
import { routeFlows } from './flows';
import { allOperations } from './registry';
import { renderTable } from './table';

/** The critical data-flow table of every use case, as Markdown (requirement X11). */
export function renderDataFlowTable(): string {
  const head = [
    'Activity',
    'Operation or route',
    'Inside or between',
    'Stakeholder role',
    'Data category',
    'Flow',
    'Data type',
    'Device type',
  ];
  const flows = [
    ...allOperations,
    ...Object.entries(routeFlows).map(([name, dataFlow]) => ({ name, dataFlow })),
  ];
  const useCases = [...new Set(flows.map(({ dataFlow }) => dataFlow.useCase))];
  const parts = useCases.map((useCase) => {
    const rows = flows
      .filter(({ dataFlow }) => dataFlow.useCase === useCase)
      .map(({ name, dataFlow: f }) => [
        f.activity,
        `\`${name}\``,
        f.scope,
        f.stakeholder,
        f.category,
        f.flow,
        f.dataType,
        f.deviceType,
      ]);
    return `## ${useCase}\n\n${renderTable(head, rows)}\n`;
  });
  const legend =
    'Flow: A ledger–ledger, B ledger–outside, C administration–ledger, D user–ledger, N within and between nodes.';
  return `# Critical data flows\n\nGenerated from the definitions of operations and routes.\n\n${legend}\n\n${parts.join('\n')}`;
}

/** The code catalogue as Markdown. */
export function renderRefusalTable(): string {
  const rows = refusalCodes.map((code) => {
    const entry = catalogue[code];
    return [`\`${code}\``, String(entry.status), 'retryable' in entry ? 'yes' : 'no', entry.title, entry.fix];
  });
  return `# Refusals\n\nGenerated from the code catalogue. Every refusal is a problem document (RFC 9457) with its \`code\`.\n\n${renderTable(
    ['Code', 'HTTP', 'Retry unchanged', 'Meaning', 'Fix'],
    rows,
  )}\n`;
}
