declare module 'swagger-client' {
  /** A client whose methods are made of an OpenAPI document: `apis` by tag, then by operation id. */
  export default function SwaggerClient(options: { readonly url: string; readonly requestInterceptor?: (request: { headers: Record<string, string> }) => unknown }): Promise<{ readonly apis: unknown }>;
}
