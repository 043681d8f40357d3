import { section } from '../message.ts';

export const shell = section('shell', {
  skip: 'Skip to the content', mainNav: 'Main', menu: 'Menu', search: 'Search and commands', searchShort: 'Search', close: 'Close',
  dashboard: 'Dashboard', rules: 'Rules', models: 'Models', routingTest: 'Routing Test', analytics: 'Analytics', keys: 'API Keys', audit: 'Audit Log', settings: 'Settings',
  roleOwner: 'Owner', roleAdmin: 'Admin', roleMember: 'Member', roleViewer: 'Viewer', version: 'v{version}', account: 'Account: {name}', gateway: 'Gateway', demo: 'Demo: models and traffic are simulated',
  themeSystem: 'Theme: system', themeLight: 'Theme: light', themeDark: 'Theme: dark', shortcutsOn: 'Keyboard shortcuts', help: 'Keyboard help', signOut: 'Sign out',
  offline: 'You are offline. Showing data from {time}.', newVersion: 'A new version of the dashboard is there.', reload: 'Reload',
  endedTitle: 'Your session has ended', endedText: 'Sign in again in a new tab. This page stays as it is, and what you entered stays too.', endedAction: 'Sign in', endedOther: 'Leave this page instead',
  notMemberTitle: 'You are not a member of this gateway', notMemberText: 'You are signed in as {name}. Ask an owner or admin of this gateway for an invitation.', otherAccount: 'Use another account', chooseGateway: 'Choose a gateway',
  notFoundTitle: 'There is no such page', notFoundText: 'The address may be old or mistyped.', toDashboard: 'To the dashboard',
  invitationTitle: 'Invitation', invitationText: 'Accept the invitation to this gateway as {name}?', accept: 'Accept', accepting: 'Accepting…', invitationMissing: 'This link is not complete. Ask for a new one.',
  paletteTitle: 'Search and commands', paletteField: 'Pages, models, keys, rules, actions', paletteEmpty: 'Nothing found', groupPages: 'Pages', groupActions: 'Actions', groupModels: 'Models', groupKeys: 'Keys', groupRules: 'Rules',
  addModel: 'Add a model', createKey: 'Create an API key', testRequest: 'Test a request', switchLanguage: 'Switch language', switchTheme: 'Switch light and dark',
  helpTitle: 'Keyboard', helpPalette: 'Search and commands', helpSearch: 'Search on this page', helpGo: 'Go to: dashboard, rules, models, test, analytics, keys, log', helpCreate: 'Create', helpRows: 'Next and previous row', helpOpen: 'Open', helpClose: 'Close', helpLive: 'Live tail', helpRefresh: 'Refresh', helpRun: 'Run or send', helpThis: 'This help', helpOff: 'Single keys can be turned off in the account menu.',
} as const);
