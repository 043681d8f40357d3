import type { IncomingMessage, ServerResponse } from 'node:http';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileType } from '../../../functions/adapters/aws/file-type.ts';
import { publish, type SiteObject } from '../../../functions/jobs/publish-dashboard/publish.ts';
import type { Properties } from '../../infra/synthesized.ts';

/** What a template says of the dashboard's delivery, with every intrinsic function resolved. */
export interface SiteTemplate {
  readonly distribution: Properties;
  readonly headersPolicy: Properties;
  /** The code of the function at viewer requests. */
  readonly pages: string;
  /** `/config.json`. */
  readonly config: string;
}

interface Behavior { readonly PathPattern?: string; readonly FunctionAssociations?: readonly object[] }
interface DistributionConfig {
  readonly DefaultRootObject: string;
  readonly DefaultCacheBehavior: Behavior;
  readonly CacheBehaviors: readonly Behavior[];
  readonly CustomErrorResponses: readonly { readonly ErrorCode: number; readonly ResponseCode: number; readonly ResponsePagePath: string }[];
}

/**
 * CloudFront over a private bucket, as far as browsers notice: the function at viewer requests, the behaviors, the error
 * responses and the headers of the template, and the objects that the publisher's own code put into the bucket.
 */
export async function openSite(template: SiteTemplate, folder: string): Promise<(message: IncomingMessage, response: ServerResponse) => void> {
  const objects = new Map<string, SiteObject>();
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && !/\.(?:br|gz)$/.test(entry.name)).map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return { name: relative(folder, path), body: readFileSync(path) };
  });
  await publish({ put: async (object) => { objects.set(`/${object.name}`, object); }, empty: async () => objects.clear() }, files.filter(({ name }) => !name.startsWith('.vite')), template.config);
  const { handler } = new Function(`${template.pages}; return { handler };`)() as { handler(event: { request: { uri: string } }): { uri: string } };
  const { DefaultCacheBehavior, CacheBehaviors, CustomErrorResponses, DefaultRootObject } = template.distribution['DistributionConfig'] as DistributionConfig;
  const headers = headersOf(template.headersPolicy);
  return (message, response) => {
    const asked = (message.url ?? '/').split('?')[0] ?? '/';
    const behavior = CacheBehaviors.find(({ PathPattern = '' }) => asked.startsWith(PathPattern.replace('*', '').replace(/^(?!\/)/, '/'))) ?? DefaultCacheBehavior;
    const { uri } = (behavior.FunctionAssociations ?? []).length > 0 ? handler({ request: { uri: asked } }) : { uri: asked };
    const found = objects.get(uri === '/' ? `/${DefaultRootObject}` : uri);
    // Without the right to list, a bucket says 403 for what is not there.
    const failure = found === undefined ? CustomErrorResponses.find(({ ErrorCode }) => ErrorCode === 403) : undefined;
    const object = found ?? objects.get(failure?.ResponsePagePath ?? '');
    response.writeHead(found === undefined ? failure?.ResponseCode ?? 403 : 200, { ...headers, ...(object && { 'content-type': fileType(object.name), 'cache-control': object.cacheControl }) });
    response.end(message.method === 'HEAD' ? undefined : object?.body);
  };
}

/** The response headers policy as headers. */
function headersOf(policy: Properties): Record<string, string> {
  const { SecurityHeadersConfig: security, CustomHeadersConfig: custom } = policy['ResponseHeadersPolicyConfig'] as {
    SecurityHeadersConfig: Record<string, Record<string, unknown>>; CustomHeadersConfig: { Items: readonly { Header: string; Value: string }[] };
  };
  const { AccessControlMaxAgeSec, IncludeSubdomains } = security['StrictTransportSecurity'] ?? {};
  return {
    'content-security-policy': String(security['ContentSecurityPolicy']?.['ContentSecurityPolicy']),
    'strict-transport-security': `max-age=${String(AccessControlMaxAgeSec)}${IncludeSubdomains === true ? '; includeSubDomains' : ''}`,
    ...(security['ContentTypeOptions'] && { 'x-content-type-options': 'nosniff' }),
    'x-frame-options': String(security['FrameOptions']?.['FrameOption']),
    'referrer-policy': String(security['ReferrerPolicy']?.['ReferrerPolicy']),
    ...Object.fromEntries(custom.Items.map(({ Header, Value }) => [Header, Value])),
  };
}
