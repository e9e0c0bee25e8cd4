import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { packageRoot } from '../../src/package-root.js';
import { startTestServer, type TestServer } from '../support/server.js';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** A Chromium of this machine: `CHROMIUM_PATH`, or one on the `PATH`. Nothing is downloaded. */
function findChromium(): string | undefined {
  const given = process.env.CHROMIUM_PATH;
  if (given) return given;
  const folders = (process.env.PATH ?? '').split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function launchBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ['--disable-gpu', '--disable-dev-shm-usage'] });
}

/** The console as the package's build makes it; made now where a single test file is run before any build. */
export async function builtConsole(): Promise<string> {
  const folder = join(packageRoot, 'dist', 'console');
  if (!existsSync(join(folder, 'index.html'))) {
    await promisify(execFile)('npx', ['vite', 'build', 'console'], { cwd: packageRoot });
  }
  return folder;
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  id: string;
  nodes: { html: string; failureSummary: string }[];
}

/** A page that remembers what went wrong in it: scripts' errors, and what its policy forbade. */
export class Screen {
  readonly faults: string[] = [];

  constructor(readonly page: Page) {
    page.on('pageerror', (error) => this.faults.push(error.message));
    page.on('console', (message) => {
      // Refused calls are told there, too, and some tests bring them about.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
        this.faults.push(message.text());
      }
    });
  }

  static async open(browser: Browser, options: BrowserContextOptions = {}): Promise<Screen> {
    const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 }, ...options });
    context.setDefaultTimeout(15_000);
    return new Screen(await context.newPage());
  }

  heading = (name: string) => this.page.getByRole('heading', { level: 1, name, exact: true });
  button = (name: string) => this.page.getByRole('button', { name, exact: true });
  field = (label: string) => this.page.getByLabel(label, { exact: true });

  async signIn(url: string, name: string, password: string): Promise<void> {
    await this.page.goto(`${url}/app/sign-in`);
    await this.field('User name or e-mail').fill(name);
    await this.field('Password').fill(password);
    await this.button('Sign in').click();
    await this.page.locator('main#main').waitFor();
  }

  /** Goes to another screen of the page, without loading the page anew. */
  async visit(path: string): Promise<void> {
    await this.page.evaluate((address) => window.history.pushState(null, '', address), `/app${path}`);
  }

  /** Asks axe-core about what is shown, and the window whether anything sticks out sideways. */
  async assertAccessible(what: string): Promise<void> {
    // What moves has half of its colours.
    await this.page.evaluate(() =>
      Promise.all(document.getAnimations().map((moving) => moving.finished.catch(() => 0))),
    );
    await this.page.evaluate(axe);
    const { violations } = await this.page.evaluate<{ violations: Violation[] }>(
      "axe.run({ resultTypes: ['violations'] })",
    );
    const told = violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`)[0]}`,
    );
    assert.deepEqual(told, [], what);
    await this.assertNoOverhang(what);
  }

  async assertNoOverhang(what: string): Promise<void> {
    const overhang = await this.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    assert.ok(overhang <= 0, `${what} is ${overhang} px wider than the window`);
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}

/** A browser, and a service with its console. */
export interface Stage {
  browser: Browser;
  server: TestServer;
  /** Has something ended before the service is. */
  atEnd: (end: () => Promise<unknown>) => void;
}

/**
 * For all tests of a `describe`: puts up a stage before them, and takes it down after. Where there is no browser they are
 * skipped, and that is said.
 */
export function onStage(prepare: (stage: Stage) => Promise<void>): void {
  const endings: (() => Promise<unknown>)[] = [];
  before(async function () {
    const executable = findChromium();
    if (executable === undefined) {
      process.stdout.write(
        '    No Chromium here: set CHROMIUM_PATH, or install chromium. Browser tests are skipped.\n',
      );
      this.skip();
    }
    const browser = await launchBrowser(executable);
    endings.push(() => browser.close());
    await builtConsole();
    const server = await startTestServer();
    endings.push(() => server.stop());
    await prepare({ browser, server, atEnd: (end) => endings.splice(1, 0, end) });
  });
  after(async () => {
    for (const end of endings) await end();
  });
}
