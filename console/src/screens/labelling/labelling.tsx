import './labelling.css';
import { LabelQuality } from './label-quality.js';
import { RequestTasks } from './request-tasks.js';
import { ShareOut } from './share-out.js';

/** Who labels a request's pictures, how far they are, and how good their labels are. */
export default function Labelling({ requestId }: { requestId: string }) {
  return (
    <div className="stack">
      <ShareOut requestId={requestId} />
      <RequestTasks requestId={requestId} />
      <LabelQuality requestId={requestId} />
    </div>
  );
}
