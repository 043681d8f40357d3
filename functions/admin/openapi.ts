import * as z from 'zod/mini';
import { isMarked } from '../contract/admin/secret.ts';
import type { Operation } from './operation.ts';
import type { Route } from './route.ts';

type Json = Record<string, unknown>;

/** Version of the admin API, not of the program: raised when an answer changes in a way that a client could trip over. */
const API_VERSION = '1.0.0';

/**
 * The admin API as an OpenAPI 3.1 document, made of the route table and the schemas that check requests: what is not in it
 * does not exist. Operation ids are method and path, roles stand under `x-role`.
 */
export function openApi(routes: readonly Route[], serverUrl: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method.toLowerCase()] = operationOf(route);
  return {
    openapi: '3.1.0',
    info: { title: 'BSGateway admin API', version: API_VERSION, description: 'Bearer: an access token of the sign-in, or a machine token. With several memberships name the tenant in x-bsg-tenant.' },
    servers: [{ url: serverUrl }],
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      parameters: { tenant: { name: 'x-bsg-tenant', in: 'header', required: false, schema: { type: 'string' }, description: 'Optional with one membership.' } },
      schemas: { Error: ERROR },
      responses: { Error: { description: 'Refused or failed; the code says why.', content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } } },
    },
  };
}

const ERROR = {
  type: 'object', required: ['error'],
  properties: { error: { type: 'object', required: ['code', 'message', 'requestId'], properties: { code: { type: 'string' }, message: { type: 'string' }, field: { type: 'string', description: 'Query parameter, header, or JSON pointer into the body.' }, requestId: { type: 'string' } } } },
};

function operationOf({ method, path, role, run }: Route): Json {
  return {
    operationId: operationIdOf(method, path),
    summary: run.summary,
    'x-role': role,
    ...(role === 'public' && { security: [] }),
    parameters: [...pathParameters(path), ...queryParameters(run), ...headerParameters(method, role, run)],
    ...(run.body !== undefined && { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(run.body, 'input') } } } }),
    responses: { [String(run.status ?? 200)]: success(run), default: { $ref: '#/components/responses/Error' } },
  };
}

/** `GET /admin/keys/{id}` → `getKeysId`: stable, and a name in every language. */
export function operationIdOf(method: string, path: string): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '' && word !== 'admin');
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function success({ answer }: Operation): Json {
  if ('file' in answer) return { description: 'A file, streamed.', content: Object.fromEntries(answer.file.map((type) => [type, { schema: { type: 'string' } }])) };
  if ('text' in answer) return { description: 'Text.', content: { [answer.text]: { schema: { type: 'string' } } } };
  return { description: 'Done.', content: { 'application/json': { schema: schemaOf(answer, 'output') } } };
}

const pathParameters = (path: string): Json[] => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));

/** Query parameters are texts whatever they mean; their schemas are those of what may be written. */
function queryParameters({ query }: Operation): Json[] {
  const { properties = {}, required = [] } = (query === undefined ? {} : schemaOf(query, 'input')) as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', required: required.includes(name) && schema['default'] === undefined, schema }));
}

function headerParameters(method: string, role: Route['role'], run: Operation): Json[] {
  const header = (name: string, required: boolean, description: string): Json => ({ name, in: 'header', required, schema: { type: 'string' }, description });
  return [
    ...(role === 'public' ? [] : [{ $ref: '#/components/parameters/tenant' }]),
    ...(run.ifMatch === undefined ? [] : [header('if-match', run.ifMatch === 'required', 'The ETag that was read.')]),
    ...(method === 'POST' ? [header('idempotency-key', false, 'Makes a repetition safe for 24 hours.')] : []),
  ];
}

function schemaOf(schema: z.ZodMiniType, io: 'input' | 'output'): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    io, unrepresentable: 'any', target: 'draft-2020-12',
    override: ({ zodSchema, jsonSchema }) => { if (isMarked(zodSchema)) Object.assign(jsonSchema, { format: 'password', ...(io === 'input' && { writeOnly: true }) }); },
  }) as Json;
  return rest;
}
