import * as z from 'zod/mini';
import { rangeSearch } from '../../app/range.ts';
import { oneOf } from '../../app/search.ts';

export const rulesSearch = z.object({ ...rangeSearch, tab: oneOf(['direct', 'alias', 'pattern', 'auto']) });
