import { createClient, picturesBelow, uploadFiles } from '@assay/client/node';

/** Uploads a folder and prints what quality control finds: `npm start -- http://localhost:8000 ada@example.com ./signs`. */
const [url, username, folder] = process.argv.slice(2);
if (!url || !username || !folder)
  throw new Error('Name the service, a user and a folder; ASSAY_PASSWORD is his password.');
const client = createClient({ url, credentials: { username, password: process.env.ASSAY_PASSWORD ?? '' } });

const request = await client.requests.create.mutate({ title: 'Street signs', classes: ['stop', 'yield'] });
const { uploaded, skipped, errors } = await uploadFiles(client, request.id, picturesBelow(folder), {
  onFile: ({ filename, state, sentBytes, bytes }) => {
    if (state === 'sending') process.stdout.write(`\r${filename}: ${sentBytes} of ${bytes} bytes`);
  },
});
console.log(`\n${uploaded} uploaded, ${skipped} there before`);
for (const { filename, message } of errors) console.log(`${filename}: ${message}`);

await client.qc.run.mutate({ request_id: request.id, scope: 'request' });
for await (const { status, percent } of client.qc.watch(request.id)) console.log(`${status}, ${percent} %`);

const results = await client.qc.results.query({ request_id: request.id, verdict: 'flagged' });
for (const { filename, duplicate_score, ai_generated_score, flags } of results) {
  console.log(`${filename}: ${duplicate_score.toFixed(2)} ${ai_generated_score.toFixed(2)} ${flags.join(' ')}`);
}
