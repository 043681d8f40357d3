import { section } from '../message.ts';

/** Texts of the kit that every page is built from. */
export const ui = section('ui', {
  close: 'Close', cancel: 'Cancel', retry: 'Retry', copy: 'Copy', copied: 'Copied', copyKeys: 'Press Ctrl+C', copyKeysMac: 'Press ⌘C', undo: 'Undo', dismiss: 'Dismiss', more: 'More actions', saving: 'Saving…',
  loading: 'Loading…', optional: 'optional', required: 'This is needed.', invalid: 'This is not valid.',
  tooShort: { one: 'At least {count} character.', other: 'At least {count} characters.' }, tooLong: { one: 'At most {count} character.', other: 'At most {count} characters.' },
  tooSmall: 'At least {least}.', moreThan: 'More than {least}.', tooBig: 'At most {most}.', notNumber: 'This must be a number.',
  failedTitle: 'This could not be loaded', failedRest: 'The rest of the page still works.', failedPage: 'This page failed', failedPageRest: 'The other pages still work.', requestId: 'Request id', copyDetails: 'Copy details',
  unreachable: 'The gateway could not be reached.', brokenOff: 'The file broke off before its end, so nothing was saved. Please try again.', offlineError: 'You are offline.', sessionEndedError: 'Your session has ended.', forbiddenTitle: 'You may not see this', forbiddenRest: 'An owner or admin of this gateway can give you the role for it.',
  noMatchTitle: 'Nothing matches these filters', clearFilters: 'Clear filters', clearAll: 'Clear all', removeFilter: 'Remove filter: {name}', filterSearch: 'Search', noOptions: 'Nothing to choose', anyOf: '{name}: any', selected: { one: '{name}: {value}', other: '{name}: {count} chosen' },
  loadOlder: 'Load older', sortBy: 'Sort by {name}', openRow: 'Open {name}', unknown: '—', unpriced: 'unpriced', unpricedHint: 'No price is known for this model, so its cost is left out.',
  range: 'Time range', range1h: '1h', range24h: '24h', range7d: '7d', range30d: '30d', range90d: '90d', rangemonth: 'This month', rangeCustom: 'Custom',
  rangeName1h: 'last hour', rangeName24h: 'last 24 hours', rangeName7d: 'last 7 days', rangeName30d: 'last 30 days', rangeName90d: 'last 90 days', rangeNamemonth: 'this month',
  from: 'From', to: 'To', apply: 'Apply', fromBeforeTo: 'The start must be before the end.', notFuture: 'The end must not be in the future.', tooLongRange: 'A range is at most 400 days.', zone: 'Time zone', zoneLocal: 'Local ({zone})', zoneUtc: 'UTC', retention: 'Kept for 90 days in detail, 400 days in totals.',
  updated: 'Updated {when}', refresh: 'Refresh', soFar: 'so far', viewTable: 'View as table', viewChart: 'View as chart', copyCsv: 'Copy as CSV', chartHelp: '{title}. Use the arrow keys to read the values.', time: 'Time', total: 'Total', other: 'other', noData: 'No requests in this range',
  showSecret: 'Show', unsavedTitle: 'Leave without saving?', unsavedText: 'What you entered is not saved.', leave: 'Leave', stay: 'Stay', confirmName: 'Type {name} to confirm',
  tierSimple: 'simple', tierModerate: 'moderate', tierComplex: 'complex', tierNone: 'direct or alias', stageDirect: 'direct', stageAlias: 'alias', stagePattern: 'pattern', stageAuto: 'automatic',
  statusOk: 'OK', statusClient: 'Client left', statusError: 'Error',
} as const);
