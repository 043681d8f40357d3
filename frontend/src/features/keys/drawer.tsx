import { useNavigate, useParams } from '@tanstack/react-router';
import { Drawer } from '../../ui/dialog.tsx';

export function KeyDrawer() {
  const { keyId } = useParams({ from: '/keys/$keyId' });
  const navigate = useNavigate();
  return <Drawer title={keyId} onClose={() => { void navigate({ to: '/keys', search: true }); }} />;
}
