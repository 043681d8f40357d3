import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CloudFormation {
  /** For `AWS_ENDPOINT_URL`: every service that the CDK asks is here. */
  readonly endpoint: string;
  /** The change sets that were asked for, by their parameters. */
  readonly changeSets: URLSearchParams[];
  /** The stack that exists, by its template; undefined = none. */
  template: string | undefined;
  close(): Promise<void>;
}

const NAMESPACE = 'http://cloudformation.amazonaws.com/doc/2010-05-15/';
const ARN = 'arn:aws:cloudformation:eu-central-1:111122223333';
const CREDENTIALS = '<Credentials><AccessKeyId>a</AccessKeyId><SecretAccessKey>b</SecretAccessKey><SessionToken>c</SessionToken><Expiration>2040-01-01T00:00:00Z</Expiration></Credentials><AssumedRoleUser><Arn>arn</Arn><AssumedRoleId>x</AssumedRoleId></AssumedRoleUser>';

/** What `cdk import` and `cdk deploy` ask of a prepared account before and while they change a stack. Nothing is made: a change set is only remembered. */
export async function cloudFormation(): Promise<CloudFormation> {
  const changeSets: URLSearchParams[] = [];
  let status: string | undefined;
  const stackOf = (name: string | null): string => `<StackName>${name?.replace(/^.*:stack\/|\/.*$/g, '')}</StackName><StackId>${ARN}:stack/BSGateway/1</StackId><StackStatus>${status}</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime>`;
  const answers: Readonly<Record<string, (form: URLSearchParams) => string | undefined>> = {
    GetCallerIdentity: () => '<Arn>arn:aws:iam::111122223333:user/x</Arn><UserId>u</UserId><Account>111122223333</Account>',
    AssumeRole: () => CREDENTIALS,
    DescribeStacks: (form) => (status === undefined && world.template === undefined ? undefined : `<Stacks><member>${stackOf(form.get('StackName')).replace('undefined', 'UPDATE_COMPLETE')}</member></Stacks>`),
    GetTemplate: () => `<TemplateBody><![CDATA[${world.template ?? '{}'}]]></TemplateBody>`,
    CreateChangeSet(form) {
      changeSets.push(form);
      status = 'REVIEW_IN_PROGRESS';
      return `<Id>${ARN}:changeSet/x/1</Id><StackId>${ARN}:stack/BSGateway/1</StackId>`;
    },
    DescribeChangeSet: () => `<ChangeSetName>x</ChangeSetName><ChangeSetId>${ARN}:changeSet/x/1</ChangeSetId><StackId>${ARN}:stack/BSGateway/1</StackId><StackName>BSGateway</StackName><Status>CREATE_COMPLETE</Status><ExecutionStatus>AVAILABLE</ExecutionStatus>`
      + '<Changes><member><Type>Resource</Type><ResourceChange><Action>Import</Action><LogicalResourceId>x</LogicalResourceId></ResourceChange></member></Changes>',
    ExecuteChangeSet() {
      status = 'IMPORT_COMPLETE';
      return '';
    },
    DescribeStackEvents: () => '<StackEvents></StackEvents>',
  };

  function answer(response: ServerResponse, action: string, form: URLSearchParams): void {
    const body = answers[action]?.(form);
    if (body !== undefined) return void response.writeHead(200, { 'content-type': 'text/xml' }).end(`<${action}Response xmlns="${NAMESPACE}"><${action}Result>${body}</${action}Result></${action}Response>`);
    response.writeHead(400, { 'content-type': 'text/xml' }).end(`<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id ${form.get('StackName')} does not exist</Message></Error></ErrorResponse>`);
  }

  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      // The version of the preparation, which the CDK asks of the parameter store.
      if (request.headers['x-amz-target'] === 'AmazonSSM.GetParameter') return response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end('{"Parameter":{"Name":"version","Value":"99","Type":"String"}}');
      const form = new URLSearchParams(Buffer.concat(chunks).toString());
      return answer(response, form.get('Action') ?? '', form);
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const world: CloudFormation = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, changeSets, template: undefined,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => { server.close(() => resolve()); });
    },
  };
  return world;
}
