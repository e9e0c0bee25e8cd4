import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface RunningProcess {
  /** Together with the pid this names one process for good: pids alone are used again. */
  startedAt: string;
  /** Arguments joined by single spaces. */
  commandLine: string;
}

/** The running process of that pid; undefined when there is none. A zombie counts as gone. */
export function findProcess(pid: number): RunningProcess | undefined {
  try {
    return process.platform === 'linux' ? readProc(pid) : askPs(pid);
  } catch {
    return undefined;
  }
}

function readProc(pid: number): RunningProcess | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name in parentheses, which may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startedAt] = [fields[0], fields[19]];
  if (state === 'Z' || state === 'X' || !startedAt) return undefined;
  const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ');
  return { startedAt, commandLine };
}

/** Slim Linux images lack `ps`; every other Unix has it. */
function askPs(pid: number): RunningProcess | undefined {
  const columns = ['-o', 'stat=', '-o', 'lstart=', '-o', 'command='];
  const line = execFileSync('ps', ['-ww', ...columns, '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' });
  const match = /^\s*(\S+)\s+(\w+\s+\w+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/m.exec(line);
  const [, state, startedAt, commandLine] = match ?? [];
  if (!state || state.startsWith('Z') || !startedAt) return undefined;
  return { startedAt, commandLine: commandLine ?? '' };
}
