import { useQuery } from '@tanstack/react-query';
import { client } from '../../api.js';

/** How many of a task's pictures are labelled; until that is known, none. */
export function useTaskProgress(task: { id: string; images_count: number }) {
  const progress = useQuery({
    queryKey: ['task-progress', task.id],
    queryFn: () => client.tasks.progress.query({ task_id: task.id }),
  });
  return {
    done: progress.data?.labeled_images ?? 0,
    total: progress.data?.total_images ?? task.images_count,
  };
}
