import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { jsonLog, type Log } from '../../functions/adapters/observe/log.ts';
import { resolve, type Properties, type Resource, type Synthesized } from './synthesized.ts';

/** Options of the stack that most tests look at. */
export const PLAIN = { ownerEmail: 'owner@example.com', alarmEmail: 'oncall@example.com' };
export const NONE: [string, Resource] = ['', { Type: '', Properties: {} }];

/** A line as the functions log it. */
export function jsonLine(write: (log: Log) => void): string {
  let line = '';
  write(jsonLog((text) => { line = text; }, () => 0));
  return line;
}

/** What the template says of a construct. */
export const propertiesIn = (made: Synthesized, construct: IConstruct): Properties => made.resources[made.idOf(construct)]?.Properties ?? {};
/** A function's environment, resolved. */
export const environmentIn = (made: Synthesized, construct: IConstruct): Record<string, string> =>
  resolve((propertiesIn(made, construct)['Environment'] as Properties)['Variables']) as Record<string, string>;

/** What the checks say when nobody acknowledges anything, as `rule at path`. */
export function findings(scope: IConstruct, respectAcknowledgements: boolean): string[] {
  const checks = new AwsSolutionsChecks(scope);
  if (!respectAcknowledgements) Object.defineProperty(checks, 'isAcknowledged', { value: () => false });
  return checks.validateScope(scope).violations.flatMap(({ ruleName, violatingResources }) =>
    violatingResources.map((resource) => `${ruleName} at ${resource.constructPath}`));
}

/** Every acknowledgement in a tree, as `rule at path`, with its reason. */
export function acknowledgements(scope: IConstruct): Map<string, string> {
  const found = new Map<string, string>();
  for (const { node } of scope.node.findAll()) {
    for (const { type, data } of node.metadata) {
      if (type !== Validations.ACKNOWLEDGED_RULES_METADATA_KEY) continue;
      for (const [id, reason] of Object.entries(data as Record<string, string>)) found.set(`${id.replace(/^annotation::/i, '')} at ${node.path}`, reason);
    }
  }
  return found;
}
