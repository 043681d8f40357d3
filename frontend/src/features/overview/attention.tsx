import { Link } from '@tanstack/react-router';
import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { useMay } from '../../api/me.ts';
import type { SetupAnswer } from '../../api/types.ts';
import { useFormat } from '../../format/use-format.ts';
import { overview } from '../../i18n/en/overview.ts';
import { useT } from '../../i18n/use-t.tsx';
import { useTierName } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { useNow } from '../../ui/values.tsx';

type Item = SetupAnswer['attention'][number];

/** Only there when something is wrong, and only what somebody can do something about. */
export function AttentionCard({ items }: { readonly items: readonly Item[] }) {
  const t = useT(overview);
  if (items.length === 0) return null;
  return (
    <Card flush title={t('attention')}>
      <ul>{items.map((item) => <li key={`${item.kind} ${item.id}`} className="attention__one"><span className="attention__text"><TriangleAlert aria-hidden size={15} /><span><Words item={item} /></span></span><Act item={item} /></li>)}</ul>
    </Card>
  );
}

function Words({ item: { kind, name, value, limit, at } }: { readonly item: Item }) {
  const t = useT(overview);
  const f = useFormat();
  const now = useNow();
  const tierName = useTierName();
  const shown = <code>{name}</code>;
  switch (kind) {
    case 'model_failing': return t.rich(kind, { name: shown, share: f.percent(value ?? 0) });
    case 'key_near_limit': return t.rich(kind, { name: <strong>{name}</strong>, value: f.money(value ?? 0), limit: f.money(limit ?? 0) });
    case 'key_expiring': return t.rich(kind, { name: <strong>{name}</strong>, when: f.relative(Date.parse(at ?? ''), now) });
    case 'model_unpriced': return t.rich(kind, { name: shown, count: value ?? 0 });
    case 'tier_empty': return t.rich(kind, { name: tierName(name) });
    default: return t.rich(kind, { name: shown });
  }
}

function Act({ item: { kind, id } }: { readonly item: Item }): ReactNode {
  const t = useT(overview);
  const isMember = useMay('member');
  if (kind === 'model_failing') return <Link to="/audit" search={{ range: '1h', model: [id], status: ['5xx'] }}>{t('showErrors')}</Link>;
  if (!isMember) return null;
  if (kind === 'key_near_limit' || kind === 'key_expiring') return <Link to="/keys/$keyId" params={{ keyId: id }}>{t('openKey')}</Link>;
  if (kind === 'model_unpriced' || kind === 'model_unused') return <Link to="/models/$modelId" params={{ modelId: id }}>{t(kind === 'model_unused' ? 'openModel' : 'setPrice')}</Link>;
  return <Link to="/rules" search={{ tab: kind === 'tier_empty' ? 'auto' : 'pattern' }}>{t(kind === 'tier_empty' ? 'openTiers' : 'openRule')}</Link>;
}
