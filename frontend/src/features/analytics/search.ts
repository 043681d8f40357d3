import * as z from 'zod/mini';
import { rangeSearch } from '../../app/range.ts';
import { list, oneOf, text } from '../../app/search.ts';

export const analyticsSearch = z.object({ ...rangeSearch, model: list(), key: list(), rule: list(), tier: list(), stage: list(), status: list(), by: oneOf(['model', 'key', 'rule', 'tier', 'stage', 'status', 'user', 'tag']), sort: text(), dir: oneOf(['asc', 'desc']) });
