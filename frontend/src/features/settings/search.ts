import * as z from 'zod/mini';
import { oneOf } from '../../app/search.ts';

export const settingsSearch = z.object({ tab: oneOf(['general', 'people', 'tokens', 'data']) });
