import { useI18n } from '../../i18n/i18n.js';
import type { PlainKey } from '../../i18n/messages.js';
import { Dialog } from '../../ui/dialog.js';

const keys: [keys: string[], does: PlainKey][] = [
  [['←', '→', '↑', '↓'], 'keysMove'],
  [['Shift', '+', '→'], 'keysExtend'],
  [['Space'], 'keysChoose'],
  [['Ctrl', '+', 'A'], 'keysChooseAll'],
  [['Enter'], 'keysOpen'],
  [['K'], 'keysKeep'],
  [['R'], 'keysReject'],
  [['U'], 'keysUndo'],
  [['H'], 'keysHeatMap'],
  [['Esc'], 'keysEscape'],
  [['?'], 'keysHelp'],
];

export function KeyboardHelp({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  return (
    <Dialog title={t('keyboardHelp')} onClose={onClose}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t('key')}</th>
            <th scope="col">{t('does')}</th>
          </tr>
        </thead>
        <tbody>
          {keys.map(([names, does]) => (
            <tr key={does}>
              <td>
                <span className="row" style={{ gap: 4 }}>
                  {names.map((name) => (name === '+' ? <span key={name}>+</span> : <kbd key={name}>{name}</kbd>))}
                </span>
              </td>
              <td>{t(does)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Dialog>
  );
}
