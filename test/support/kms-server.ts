import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DecryptCommand, EncryptCommand, GenerateDataKeyCommand, GenerateMacCommand, GetPublicKeyCommand, KMSClient, ReEncryptCommand, SignCommand } from '@aws-sdk/client-kms';
import { fakeKms, type KmsRight } from '../adapters/vault/fake-kms.ts';

/** What each role of the stack may call; nothing else is granted to anybody. */
export const KMS_ROLES = {
  gateway: ['kms:Decrypt', 'kms:GenerateMac'],
  admin: ['kms:GenerateDataKey', 'kms:GenerateMac'],
  bridge: ['kms:Sign', 'kms:GetPublicKey'],
} as const satisfies Record<string, readonly KmsRight[]>;
export type KmsRole = keyof typeof KMS_ROLES;

export interface KmsServer {
  /** The address for one role's `AWS_ENDPOINT_URL_KMS`: who calls is told by the path, as no signature is checked. */
  endpoint(role: KmsRole): string;
  /** A client of that role over this server. */
  client(role: KmsRole): KMSClient;
  /** Every call that came, allowed or not, in order. */
  readonly calls: { readonly role: string; readonly action: string; readonly allowed: boolean }[];
  close(): Promise<void>;
}

/**
 * The key service over HTTP (JSON 1.1 protocol): rights per role, exactly the four fields of the encryption context,
 * blobs that open only under the context they were made with.
 */
export async function kmsServer(): Promise<KmsServer> {
  const fake = fakeKms();
  const calls: KmsServer['calls'] = [];
  const server = createServer((request, response) => { void attend(request, response); });
  const attend = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const role = (request.url ?? '').split('/')[1] ?? '';
    const action = String(request.headers['x-amz-target']).replace('TrentService.', '');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    try {
      const answer = await fake.as(...(KMS_ROLES[role as KmsRole] ?? [])).send(commandOf(action, JSON.parse(Buffer.concat(chunks).toString())));
      calls.push({ role, action, allowed: true });
      send(response, 200, answer as object);
    } catch (error) {
      calls.push({ role, action, allowed: false });
      const name = (error as Error).name;
      send(response, 400, { __type: name.endsWith('Exception') ? name : 'InvalidCiphertextException', message: 'refused' });
    }
  };
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clients: KMSClient[] = [];
  return {
    calls,
    endpoint: (role) => `${origin}/${role}`,
    client(role) {
      const client = new KMSClient({ endpoint: `${origin}/${role}`, region: 'eu-central-1', credentials: { accessKeyId: role, secretAccessKey: 'unused' }, maxAttempts: 1 });
      clients.push(client);
      return client;
    },
    async close() {
      for (const client of clients) client.destroy();
      server.closeAllConnections();
      await new Promise<void>((resolve) => { server.close(() => resolve()); });
    },
  };
}

const bytes = (text: unknown): Uint8Array => Buffer.from(String(text ?? ''), 'base64');

/** The protocol's JSON, blobs in base64, as the command it stands for; what no role may ever call is a command too. */
function commandOf(action: string, input: Record<string, never>): never {
  switch (action) {
    case 'Decrypt': return new DecryptCommand({ ...input, CiphertextBlob: bytes(input['CiphertextBlob']) }) as never;
    case 'GenerateMac': return new GenerateMacCommand({ ...input, Message: bytes(input['Message']) } as never) as never;
    case 'GenerateDataKey': return new GenerateDataKeyCommand(input as never) as never;
    case 'GetPublicKey': return new GetPublicKeyCommand(input as never) as never;
    case 'Sign': return new SignCommand({ ...input, Message: bytes(input['Message']) } as never) as never;
    case 'Encrypt': return new EncryptCommand(input as never) as never;
    default: return new ReEncryptCommand(input as never) as never;
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(JSON.stringify(body, (_name, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('base64') : asBytes(value))));
}

/** `Buffer.toJSON` has already run when a replacer sees a buffer. */
function asBytes(value: unknown): unknown {
  const { type, data } = (value ?? {}) as { type?: string; data?: number[] };
  return type === 'Buffer' && data !== undefined ? Buffer.from(data).toString('base64') : value;
}
