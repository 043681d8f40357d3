import { Badge as AmplifyBadge } from '@aws-amplify/ui-react';
import type { ReactNode } from 'react';
import { ui } from '../i18n/en/ui.ts';
import { useT } from '../i18n/use-t.tsx';
import { cx } from './cx.ts';
import { Tooltip } from './tooltip.tsx';

export type Tone = 'neutral' | 'good' | 'bad' | 'warn';

/** A short state in words; its colour only underlines it. `dot` = a chart colour, for tiers and models. */
export function Badge({ tone = 'neutral', dot, children }: { readonly tone?: Tone; readonly dot?: string; readonly children: ReactNode }) {
  return <AmplifyBadge className={cx('badge', `badge--${tone}`)}>{dot !== undefined && <span className="badge__dot" style={{ background: dot }} />}{children}</AmplifyBadge>;
}

export type Tier = 'simple' | 'moderate' | 'complex';
export const TIERS: readonly Tier[] = ['simple', 'moderate', 'complex'];
export const tierColor = (tier: string | null): string => `var(--tier-${TIERS.includes(tier as Tier) ? tier : 'none'})`;

export function useTierName(): (tier: string | null) => string {
  const t = useT(ui);
  return (tier) => (tier === 'simple' ? t('tierSimple') : tier === 'moderate' ? t('tierModerate') : tier === 'complex' ? t('tierComplex') : t('tierNone'));
}

export function useStageName(): (stage: string) => string {
  const t = useT(ui);
  return (stage) => (stage === 'alias' ? t('stageAlias') : stage === 'pattern' ? t('stagePattern') : stage === 'auto' ? t('stageAuto') : t('stageDirect'));
}

/** Who decided: the tier with its score, or the stage that named the model. */
export function DecidedBy({ stage, tier, score }: { readonly stage: string; readonly tier: string | null; readonly score: number | null }) {
  const tierName = useTierName();
  const stageName = useStageName();
  if (tier === null) return <Badge dot="var(--tier-none)">{stageName(stage)}</Badge>;
  return <Badge dot={tierColor(tier)}>{tierName(tier)}{score === null ? '' : ` · ${score}`}</Badge>;
}

/** `200 OK`, `429 Error`; 499 is a client that left and nobody's error. */
export function StatusBadge({ status, errorCode }: { readonly status: number; readonly errorCode?: string | undefined }) {
  const t = useT(ui);
  const [tone, text]: [Tone, string] = status < 400 ? ['good', t('statusOk')] : status === 499 ? ['neutral', t('statusClient')] : [status >= 500 ? 'bad' : 'warn', t('statusError')];
  const badge = <Badge tone={tone}>{status} {text}</Badge>;
  return errorCode === undefined ? badge : <Tooltip text={errorCode}>{badge}</Tooltip>;
}
