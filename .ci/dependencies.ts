/**
 * What the program consists of beside its own code, written as CycloneDX, and whether any of it is known to be
 * weak: a finding of severity high or critical fails. A registry without an audit endpoint is said to have none.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const SBOM = new URL('sbom.cdx.json', import.meta.url).pathname;
const root = new URL('..', import.meta.url).pathname;

interface Component {
  'bom-ref': string;
  name: string;
  group?: string;
  version: string;
}
interface Bom {
  metadata: { component: Component };
  components: Component[];
  dependencies: { ref: string; dependsOn?: string[] }[];
}
interface AuditReport {
  message?: string;
  metadata?: { vulnerabilities: Record<string, number> };
  vulnerabilities?: Record<string, { name: string; severity: string; range: string }>;
}

function npm(...args: string[]): string {
  const { stdout, error } = spawnSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 2 ** 20 });
  if (error) throw error;
  return stdout;
}

function fail(why: string): void {
  process.stderr.write(`${why}\n`);
  process.exitCode = 1;
}

/** Development dependencies that run all the same: the runtime, and what is built into the dashboard. */
const SHIPPED = ['node', 'svelte', 'bits-ui', '@internationalized/date', 'uqr'];

interface Locked {
  version: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

/** `name@version` of what the program needs to run, by the lock file. */
function needed(): Set<string> {
  const { packages } = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8')) as {
    packages: Record<string, Locked>;
  };
  const found = new Set<string>();
  const visit = (at: string): void => {
    const {
      dependencies,
      optionalDependencies,
      peerDependencies = {},
      ...of
    } = packages[at] ?? { version: '' };
    const peers = Object.keys(peerDependencies).filter((name) => !of.peerDependenciesMeta?.[name]?.optional);
    for (const name of [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers]) {
      // As Node looks for it: beside whoever needs it, then in every directory above.
      for (let above: string | null = at; above !== null; above = parentOf(above)) {
        const path = `${above}${above === '' ? '' : '/'}node_modules/${name}`;
        if (!packages[path]) continue;
        const id = `${name}@${packages[path].version}`;
        if (found.has(id)) break;
        found.add(id);
        visit(path);
        break;
      }
    }
  };
  visit('');
  for (const name of SHIPPED) {
    found.add(`${name}@${packages[`node_modules/${name}`]?.version}`);
    visit(`node_modules/${name}`);
  }
  return found;
}

/** The package in whose directory a package lies; '' is our own, which lies in none. */
function parentOf(path: string): string | null {
  if (path === '') return null;
  const end = path.lastIndexOf('/node_modules/');
  return end < 0 ? '' : path.slice(0, end);
}

const nameOf = ({ group, name, version }: Component): string =>
  `${group ? `${group}/` : ''}${name}@${version}`;

// `--omit dev` leaves out what a development dependency could use as well, such as yaml, and leaves in what a
// dependency could use and does not, such as vitest: so the lock file is asked.
const bill = JSON.parse(npm('sbom', '--sbom-format', 'cyclonedx', '--package-lock-only')) as Bom;
const wanted = needed();
const components = bill.components.filter((component) => wanted.has(nameOf(component)));
const kept = new Set([bill.metadata.component, ...components].map((c) => c['bom-ref']));
const uses = bill.dependencies
  .filter(({ ref }) => kept.has(ref))
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((other) => kept.has(other)) }));
const listed = new Set(components.map(nameOf));
const missing = [...wanted].filter((dependency) => !listed.has(dependency));
if (missing.length > 0) fail(`the bill of materials lacks ${missing.join(', ')}`);
writeFileSync(SBOM, `${JSON.stringify({ ...bill, components, dependencies: uses }, null, 2)}\n`);
process.stdout.write(`${SBOM}: ${components.length} components\n`);

const report = JSON.parse(npm('audit', '--omit=dev', '--audit-level=high', '--json')) as AuditReport;
if (report.metadata) {
  const bad = Object.values(report.vulnerabilities ?? {}).filter(({ severity }) =>
    ['high', 'critical'].includes(severity),
  );
  for (const { name, severity, range } of bad) fail(`${name} ${range} is known to be weak: ${severity}`);
  process.stdout.write(`npm audit: ${JSON.stringify(report.metadata.vulnerabilities)}\n`);
} else {
  process.stdout.write(
    `npm audit: NOT DONE, the registry does not answer it: ${report.message ?? 'no message'}\n`,
  );
}
