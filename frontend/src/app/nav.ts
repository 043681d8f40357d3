import { ChartColumn, FlaskConical, Gauge, KeyRound, Route, ScrollText, Boxes, Settings2, type LucideIcon } from 'lucide-react';
import type { Role } from '../api/types.ts';

export interface NavItem { readonly to: '/' | '/rules' | '/models' | '/test' | '/analytics' | '/keys' | '/audit' | '/settings'; readonly name: 'dashboard' | 'rules' | 'models' | 'routingTest' | 'analytics' | 'keys' | 'audit' | 'settings'; readonly icon: LucideIcon; readonly letter: string; readonly needs: Role }

/** The sidebar, in its order; `letter` after `g` goes there. */
export const NAV: readonly NavItem[] = [
  { to: '/', name: 'dashboard', icon: Gauge, letter: 'd', needs: 'viewer' },
  { to: '/rules', name: 'rules', icon: Route, letter: 'r', needs: 'member' },
  { to: '/models', name: 'models', icon: Boxes, letter: 'm', needs: 'member' },
  { to: '/test', name: 'routingTest', icon: FlaskConical, letter: 't', needs: 'member' },
  { to: '/analytics', name: 'analytics', icon: ChartColumn, letter: 'a', needs: 'viewer' },
  { to: '/keys', name: 'keys', icon: KeyRound, letter: 'k', needs: 'member' },
  { to: '/audit', name: 'audit', icon: ScrollText, letter: 'l', needs: 'viewer' },
];
export const SETTINGS: NavItem = { to: '/settings', name: 'settings', icon: Settings2, letter: 's', needs: 'admin' };
