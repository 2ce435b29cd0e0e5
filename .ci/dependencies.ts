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
  properties?: { name: string; value: string }[];
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

// With `--omit dev` npm leaves out what a development dependency could use as well, such as yaml.
const bill = JSON.parse(npm('sbom', '--sbom-format', 'cyclonedx', '--package-lock-only')) as Bom;
const components = bill.components.filter(
  ({ properties = [] }) => !properties.some(({ name }) => name === 'cdx:npm:package:development'),
);
const kept = new Set([bill.metadata.component['bom-ref'], ...components.map((c) => c['bom-ref'])]);
const uses = bill.dependencies
  .filter(({ ref }) => kept.has(ref))
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((other) => kept.has(other)) }));
const { dependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
  dependencies: Record<string, string>;
};
const listed = new Set(
  components.map(({ group, name, version }) => `${group ? `${group}/` : ''}${name}@${version}`),
);
const missing = Object.entries(dependencies)
  .map(([name, version]) => `${name}@${version}`)
  .filter((dependency) => !listed.has(dependency));
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
