import { createClient } from '@assay/client';

/** What a typed client catches before it runs: take one of the comments away, and this file does not compile. */
export async function mistakes(): Promise<void> {
  const client = createClient({ url: 'http://localhost:8000' });

  // @ts-expect-error A request needs a title.
  await client.requests.create.mutate({ description: 'Signs along the road' });

  // @ts-expect-error A title is a text.
  await client.requests.create.mutate({ title: 1 });

  // @ts-expect-error There is no such procedure.
  await client.requests.burn.mutate({});

  // @ts-expect-error What only reads is queried.
  await client.requests.list.mutate({});

  // @ts-expect-error There is no such scope.
  await client.qc.run.mutate({ request_id: '', scope: 'galaxy' });

  const [result] = await client.qc.results.query({ request_id: '' });
  // @ts-expect-error The score has another name.
  console.log(result?.ai_score);

  for await (const status of client.qc.watch('')) {
    // @ts-expect-error A run is never "done".
    if (status.status === 'done') return;
  }
}
