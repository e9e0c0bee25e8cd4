import { useQuery } from '@tanstack/react-query';
import { client } from '../../api.js';

const LIMIT = 1000;

/** Active users who may be handed tasks, as far as the administrator sees them. */
export function useLabelers() {
  return useQuery({
    queryKey: ['users', 'labelers'],
    queryFn: async () => {
      const [own, all] = await Promise.all([
        client.users.adminList.query({ limit: LIMIT, role: 'LABELER' }),
        client.users.adminList.query({ limit: LIMIT, role: 'SUPER_ADMIN' }),
      ]);
      const users = [...own, ...all].filter(({ is_active: active }) => active);
      return [...new Map(users.map((user) => [user.id, user])).values()];
    },
  });
}
