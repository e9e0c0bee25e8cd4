import { useI18n } from '../../i18n/i18n.js';
import { Button } from '../../ui/button.js';
import { Icon } from '../../ui/icon.js';
import { Picture } from '../../ui/picture.js';
import { suggestionFor, type Group, type Resolution } from './suggestion.js';
import { useKeeperReason, useRelationName } from './relation.js';
import { useStepName } from './transformation.js';

type Member = Group['members'][number];

export interface DuplicateGroupProps {
  group: Group;
  mayDecide: boolean;
  busy: boolean;
  onResolve: (resolution: Resolution) => void;
}

export function DuplicateGroup({ group, mayDecide, busy, onResolve }: DuplicateGroupProps) {
  const { t } = useI18n();
  const reasonName = useKeeperReason();
  const { keeper } = group;
  const title = `group-${group.group_id}`;
  return (
    <section className="card group" aria-labelledby={title}>
      <div className="row between">
        <div className="stack" style={{ gap: 4 }}>
          <h2 id={title}>{t('groupTitle', { count: group.members_total })}</h2>
          <p className="soft">
            {t('keepSuggested')}{' '}
            {keeper.reasons.length > 0 ? keeper.reasons.map(reasonName).join(', ') : t('reasonEqual')}
          </p>
        </div>
        <div className="row">
          {group.resolved && <span className="badge good">{t('groupsResolved')}</span>}
          {mayDecide && !group.resolved && (
            <Button busy={busy} icon="check" onClick={() => onResolve({ images: suggestionFor(group) })}>
              {t('keepBest')}
            </Button>
          )}
        </div>
      </div>
      <ul className="group-members">
        {group.members.map((member) => (
          <MemberCard
            key={member.image_id ?? member.reference_id}
            member={member}
            group={group}
            mayDecide={mayDecide}
            busy={busy}
            onResolve={onResolve}
          />
        ))}
      </ul>
    </section>
  );
}

function MemberCard({ member, group, mayDecide, busy, onResolve }: DuplicateGroupProps & { member: Member }) {
  const { t, percent, bytes } = useI18n();
  const relationName = useRelationName();
  const stepName = useStepName();
  const { image_id: id, filename, decision, relation, score } = member;
  const isKeeper = id !== null ? id === group.keeper.image_id : member.reference_id === group.keeper.reference_id;
  const name = filename ?? t('matchReference');
  const representative = group.members.find((other) => other.is_representative);
  const notDuplicate = (): Resolution => ({
    pairs: [
      {
        image_id: id ?? representative?.image_id ?? '',
        ...(id === null
          ? { reference_id: member.reference_id ?? '' }
          : !representative?.image_id
            ? { reference_id: representative?.reference_id ?? '' }
            : { other_image_id: representative.image_id }),
      },
    ],
  });
  const classes = ['member', isKeeper && 'keeper', decision === 'reject' && 'rejected'].filter(Boolean).join(' ');
  return (
    <li className={classes}>
      <Picture src={member.preview_url} alt={name} />
      <div className="member-body">
        <strong className="truncate" title={name}>
          {name}
        </strong>
        <div className="chips">
          {isKeeper && <span className="badge good">{t('bestPicture')}</span>}
          {decision !== null && (
            <span className={decision === 'keep' ? 'badge good' : 'badge bad'}>
              {t(decision === 'keep' ? 'kept' : 'rejected')}
            </span>
          )}
          {relation !== null && score !== null && (
            <span className="badge duplicate">
              {relationName(relation)} · {percent(score)}
            </span>
          )}
          {member.is_representative && <span className="badge">{t('representative')}</span>}
          {!member.in_request && id !== null && <span className="badge">{t('matchElsewhere')}</span>}
          {member.transformation.map((step) => (
            <span key={step} className="badge">
              {stepName(step)}
            </span>
          ))}
        </div>
        {member.width !== null && member.height !== null && (
          <span className="faint">
            {member.width} × {member.height}
            {member.size_bytes !== null && ` · ${bytes(member.size_bytes)}`}
          </span>
        )}
        {id === null && member.source_url && (
          <a href={member.source_url} target="_blank" rel="noreferrer noopener">
            <Icon name="link" /> {t('openSource')}
          </a>
        )}
        {mayDecide && (
          <div className="row" style={{ gap: 6 }}>
            {id !== null && member.in_request && (
              <>
                <Button
                  size="small"
                  disabled={busy}
                  aria-pressed={decision === 'keep'}
                  aria-label={t('keepFile', { file: name })}
                  onClick={() =>
                    onResolve({ images: [{ image_id: id, decision: decision === 'keep' ? 'undecided' : 'keep' }] })
                  }
                >
                  {t('keep')}
                </Button>
                <Button
                  size="small"
                  disabled={busy}
                  aria-pressed={decision === 'reject'}
                  aria-label={t('rejectFile', { file: name })}
                  onClick={() =>
                    onResolve({ images: [{ image_id: id, decision: decision === 'reject' ? 'undecided' : 'reject' }] })
                  }
                >
                  {t('reject')}
                </Button>
              </>
            )}
            {!member.is_representative && (
              <Button
                size="small"
                kind="plain"
                disabled={busy}
                aria-label={t('notDuplicateFile', { file: name })}
                onClick={() => onResolve(notDuplicate())}
              >
                {t('notDuplicate')}
              </Button>
            )}
          </div>
        )}
      </div>
    </li>
  );
}
