import * as z from 'zod/mini';
import { openApi } from '../openapi.ts';
import { operation, type Operation } from '../operation.ts';
import type { Route } from '../route.ts';

/** The document is the same for the life of the process. Routes are handed in: this operation is itself one of them. */
export const getOpenApi = (routes: () => readonly Route[]): Operation => operation(
  { summary: 'This API as an OpenAPI 3.1 document.', answer: z.looseObject({ openapi: z.string() }) },
  async ({ ports }) => ({ body: openApi(routes(), ports.dashboardUrl) }),
);
