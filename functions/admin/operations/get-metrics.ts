import { AdminError } from '../errors.ts';
import { operation } from '../operation.ts';

const TEXT = 'text/plain; version=0.0.4; charset=utf-8';

export const getMetrics = operation(
  { summary: 'What this process has counted for the tenant since it began, for Prometheus.', answer: { text: TEXT } },
  async ({ caller, ports }) => {
    if (ports.metricsText === undefined) throw new AdminError('not_found', 'Metrics are kept by the host here; see its own monitoring.');
    return { text: ports.metricsText(caller.tenantId), contentType: TEXT };
  },
);
