import * as z from 'zod/mini';
import { rangeSearch } from '../../app/range-search.ts';
import { flag, oneOf, text } from '../../app/search.ts';

/** `new` = the dialog that creates one is open. */
export const keysSearch = z.object({ ...rangeSearch, q: text(), status: oneOf(['active', 'expiring', 'expired', 'revoked', 'all']), sort: text(), dir: oneOf(['asc', 'desc']), new: flag() });
