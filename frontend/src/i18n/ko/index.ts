import type { Messages, SectionId } from '../message.ts';
import { analytics } from './analytics.ts';
import { audit } from './audit.ts';
import { codes } from './codes.ts';
import { keys } from './keys.ts';
import { login } from './login.ts';
import { models } from './models.ts';
import { overview } from './overview.ts';
import { routingTest } from './routing-test.ts';
import { rules } from './rules.ts';
import { settings } from './settings.ts';
import { shell } from './shell.ts';
import { trace } from './trace.ts';
import { ui } from './ui.ts';

export { byCode, sentences } from './refusals.ts';

/** Loaded when somebody reads Korean. */
export const ko: Readonly<Record<SectionId, Messages>> = { codes, shell, ui, login, overview, rules, models, routingTest, analytics, keys, audit, settings, trace };
