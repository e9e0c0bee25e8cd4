import { useI18n } from '../i18n/i18n.js';
import { Button } from './button.js';

export interface MoreRowsProps {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

export function MoreRows({ hasNextPage, isFetchingNextPage, fetchNextPage }: MoreRowsProps) {
  const { t } = useI18n();
  if (!hasNextPage) return null;
  return (
    <div className="row" style={{ justifyContent: 'center', padding: 16 }}>
      <Button busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
        {t('showMore')}
      </Button>
    </div>
  );
}
