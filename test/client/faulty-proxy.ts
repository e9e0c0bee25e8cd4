import { once } from 'node:events';
import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to a call instead of being passed on, or, for `lost`, after it was answered, for `left`, while it is made. */
export type Fault = 'reset' | 'lost' | 'left' | { status: number; headers?: Record<string, string>; body?: string };

export interface FaultyProxy {
  url: string;
  /** Paths of the calls that came, without the query. */
  calls: string[];
  /** What befalls the calls to come whose path holds the text, one fault each. */
  fail: (path: string, ...faults: Fault[]) => void;
  stop: () => Promise<void>;
}

/** Stands before a service and lets some calls fail the way networks and gateways do. */
export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  const planned: { path: string; fault: Fault }[] = [];
  const calls: string[] = [];
  const server = createServer((incoming, answer) => {
    const path = (incoming.url ?? '').split('?')[0]!;
    calls.push(path);
    const at = planned.findIndex((plan) => path.includes(plan.path));
    const fault = at < 0 ? null : planned.splice(at, 1)[0]!.fault;
    if (fault === 'reset') {
      incoming.once('data', () => incoming.socket.destroy());
      incoming.once('end', () => incoming.socket.destroy());
    } else if (fault && fault !== 'lost' && fault !== 'left') {
      incoming.resume();
      answer.writeHead(fault.status, { 'Content-Type': 'text/html', ...fault.headers }).end(fault.body ?? 'busy');
    } else pass(target, incoming, answer, fault);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    fail: (path, ...faults) => planned.push(...faults.map((fault) => ({ path, fault }))),
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function pass(target: string, incoming: IncomingMessage, answer: ServerResponse, fault: 'lost' | 'left' | null): void {
  const { method, headers, url = '' } = incoming;
  const outgoing = send(new URL(url, target), { method: method!, headers }, (received) => {
    if (fault) {
      received.resume().on('end', () => incoming.socket.destroy());
      return;
    }
    answer.writeHead(received.statusCode!, received.headers);
    received.pipe(answer);
  });
  if (fault === 'left') outgoing.on('finish', () => incoming.socket.destroy());
  outgoing.on('error', () => incoming.socket.destroy());
  incoming.pipe(outgoing);
}
