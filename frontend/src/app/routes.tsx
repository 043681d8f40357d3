import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { analyticsSearch } from '../features/analytics/search.ts';
import { auditSearch } from '../features/audit/search.ts';
import { keysSearch } from '../features/keys/search.ts';
import { modelsSearch } from '../features/models/search.ts';
import { overviewSearch } from '../features/overview/search.ts';
import { routingTestSearch } from '../features/routing-test/search.ts';
import { rulesSearch } from '../features/rules/search.ts';
import { settingsSearch } from '../features/settings/search.ts';
import { NotFound } from './not-found.tsx';
import { PageFailed } from './page-failed.tsx';
import { parseSearch, searchOf, stringifySearch } from './search.ts';
import { Shell } from './shell.tsx';

/** Every page of the dashboard: its path, what its address may say, and the folder it is loaded from when it is opened. */
const root = createRootRoute({ component: Shell, notFoundComponent: NotFound, errorComponent: PageFailed });
const under = () => root;

const overview = createRoute({ getParentRoute: under, path: '/', validateSearch: searchOf(overviewSearch), component: lazyRouteComponent(() => import('../features/overview/index.tsx'), 'OverviewPage') });
const rules = createRoute({ getParentRoute: under, path: '/rules', validateSearch: searchOf(rulesSearch), component: lazyRouteComponent(() => import('../features/rules/index.tsx'), 'RulesPage') });
const routingTest = createRoute({ getParentRoute: under, path: '/test', validateSearch: searchOf(routingTestSearch), component: lazyRouteComponent(() => import('../features/routing-test/index.tsx'), 'RoutingTestPage') });
const analytics = createRoute({ getParentRoute: under, path: '/analytics', validateSearch: searchOf(analyticsSearch), component: lazyRouteComponent(() => import('../features/analytics/index.tsx'), 'AnalyticsPage') });
const settings = createRoute({ getParentRoute: under, path: '/settings', validateSearch: searchOf(settingsSearch), component: lazyRouteComponent(() => import('../features/settings/index.tsx'), 'SettingsPage') });
const invite = createRoute({ getParentRoute: under, path: '/invite', component: lazyRouteComponent(() => import('../features/settings/invite.tsx'), 'InvitePage') });

// A list and the drawer over it: the list shows `<Outlet />`, the drawer is its child with an address of its own.
const models = createRoute({ getParentRoute: under, path: '/models', validateSearch: searchOf(modelsSearch), component: lazyRouteComponent(() => import('../features/models/index.tsx'), 'ModelsPage') });
const model = createRoute({ getParentRoute: () => models, path: '$modelId', component: lazyRouteComponent(() => import('../features/models/drawer.tsx'), 'ModelDrawer') });
const keys = createRoute({ getParentRoute: under, path: '/keys', validateSearch: searchOf(keysSearch), component: lazyRouteComponent(() => import('../features/keys/index.tsx'), 'KeysPage') });
const key = createRoute({ getParentRoute: () => keys, path: '$keyId', component: lazyRouteComponent(() => import('../features/keys/drawer.tsx'), 'KeyDrawer') });
const audit = createRoute({ getParentRoute: under, path: '/audit', validateSearch: searchOf(auditSearch), component: lazyRouteComponent(() => import('../features/audit/index.tsx'), 'AuditPage') });
const auditRequest = createRoute({ getParentRoute: () => audit, path: '$requestId', component: lazyRouteComponent(() => import('../features/audit/drawer.tsx'), 'RequestDrawer') });

const routeTree = root.addChildren([overview, rules, routingTest, analytics, settings, invite, models.addChildren([model]), keys.addChildren([key]), audit.addChildren([auditRequest])]);

export const router = createRouter({ routeTree, parseSearch, stringifySearch, defaultPreload: 'intent', defaultPendingMs: 150, scrollRestoration: true, defaultErrorComponent: PageFailed });

declare module '@tanstack/react-router' {
  interface Register { router: typeof router }
}
