import * as z from 'zod/mini';
import { rangeSearch } from '../../app/range-search.ts';
import { flag, oneOf, text, whole } from '../../app/search.ts';

/** `tab` = the section that the page begins at, `rule` = the rule that is open, `history` and `version` = the list of versions and one of them. */
export const rulesSearch = z.object({ ...rangeSearch, tab: oneOf(['direct', 'alias', 'pattern', 'auto']), rule: text(), history: flag(), version: whole() });
