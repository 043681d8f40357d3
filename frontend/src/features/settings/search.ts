import * as z from 'zod/mini';
import { oneOf } from '../../app/search.ts';

export const SETTINGS_TABS = ['general', 'quality', 'people', 'tokens', 'data'] as const;
export const settingsSearch = z.object({ tab: oneOf(SETTINGS_TABS) });
