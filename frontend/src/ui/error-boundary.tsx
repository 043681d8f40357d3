import { Component, type ReactNode } from 'react';
import { ErrorCard } from './error-card.tsx';

/** Keeps what breaks while drawing from taking more with it than its own place. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode; readonly isPage?: boolean }, { readonly error: unknown }> {
  override state: { readonly error: unknown } = { error: undefined };

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    if (this.state.error === undefined) return this.props.children;
    return <ErrorCard error={this.state.error} isPage={this.props.isPage ?? false} onRetry={() => this.setState({ error: undefined })} />;
  }
}
