import { useNavigate, useParams } from '@tanstack/react-router';
import { Drawer } from '../../ui/dialog.tsx';

export function RequestDrawer() {
  const { requestId } = useParams({ from: '/audit/$requestId' });
  const navigate = useNavigate();
  return <Drawer title={requestId} onClose={() => { void navigate({ to: '/audit', search: true }); }} />;
}
