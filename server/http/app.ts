import { OpenAPIHono } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { contextStorage } from 'hono/context-storage';
import { Forecasts } from '../conservation/forecasts.ts';
import { LatestReadings } from '../conservation/latest.ts';
import { Months } from '../conservation/months.ts';
import type { Estate } from '../domain/estate.ts';
import { knowClient } from './address.ts';
import { audited } from './audited.ts';
import { authorise, estateInForce } from './authorise.ts';
import { prefixedOnly } from './cookies.ts';
import type { AppDeps, HttpDeps } from './deps.ts';
import { apiHeaders, sameSiteOnly, shallow } from './guard.ts';
import { bounded, hardened, securityText } from './hardening.ts';
import { LiveHub, type LiveSettings } from './live.ts';
import { observe } from './observe.ts';
import { documentOf } from './openapi.ts';
import { installErrors, invalid, ProblemError, problemResponse } from './problem.ts';
import { addAttributes } from './routes/attributes.ts';
import { addAudit } from './routes/audit.ts';
import { addBackup } from './routes/backup.ts';
import { addBalance } from './routes/balance.ts';
import { addBatches } from './routes/batches.ts';
import { addBook } from './routes/book.ts';
import { addBookFiles } from './routes/book-files.ts';
import { addChecks } from './routes/checks.ts';
import { addCompliance } from './routes/compliance.ts';
import { addConsumption } from './routes/consumption.ts';
import { addDevices } from './routes/devices.ts';
import { addEstate } from './routes/estate.ts';
import { addExplanations } from './routes/explanations.ts';
import { addFiling } from './routes/filing.ts';
import { addFilingDocuments } from './routes/filing-documents.ts';
import { addFilings } from './routes/filings.ts';
import { addFindings } from './routes/findings.ts';
import { addForecast } from './routes/forecast.ts';
import { addForms } from './routes/forms.ts';
import { addGround } from './routes/ground.ts';
import { addImport } from './routes/import.ts';
import { addIndicators } from './routes/indicators.ts';
import { addLive } from './routes/live.ts';
import { addMeters } from './routes/meters.ts';
import { addMetrics } from './routes/metrics.ts';
import { addOperations } from './routes/operations.ts';
import { addOwnAccount } from './routes/own-account.ts';
import { addPeople } from './routes/people.ts';
import { addPlans } from './routes/plans.ts';
import { addPolicy } from './routes/policy.ts';
import { addProfiles } from './routes/profiles.ts';
import { addQuarantine } from './routes/quarantine.ts';
import { addQuotas } from './routes/quotas.ts';
import { addReadiness } from './routes/readiness.ts';
import { addReadings } from './routes/readings.ts';
import { addReports } from './routes/reports.ts';
import { addSession } from './routes/session.ts';
import { addSetup } from './routes/setup.ts';
import { addStatements } from './routes/statements.ts';
import { addStatus } from './routes/status.ts';
import { addTargets } from './routes/targets.ts';
import { addTokens } from './routes/tokens.ts';
import { addVerify } from './routes/verify.ts';
import { addViews } from './routes/views.ts';
import { serveStatic } from './static.ts';

export const API = '/api/v1';
const JSON_BYTES = 2 ** 20;
/** Routes whose bodies are no JSON and have limits of their own. */
const OWN_BODY = new Set([
  `PUT ${API}/estate`,
  `PUT ${API}/policy`,
  `POST ${API}/readings`,
  `POST ${API}/book/import`,
  `POST ${API}/book/attachments`,
]);

export interface AppSettings {
  live?: Partial<LiveSettings>;
  /** Addresses and networks of proxies whose word about a request is believed. */
  trustedProxies?: readonly string[];
  /** Requests that an address may make in a minute; 0 or left out: any number. */
  requestsPerMinute?: number;
  /** The clock of that, ms; it is the machine's, whatever time of day it is. */
  ticks?: () => number;
  /** Who wants to hear of a weakness: `mailto:…`, `https://…`. */
  securityContact?: string | undefined;
}

/** The whole HTTP side as one function of a request; it listens nowhere. */
export function createApp(given: AppDeps, settings: AppSettings = {}): OpenAPIHono {
  const app = new OpenAPIHono();
  const wholeEstate = (): Estate => given.estate();
  const deps: HttpDeps = Object.assign(Object.create(given) as AppDeps, {
    wholeEstate,
    estate: () => estateInForce(wholeEstate()),
  });
  app.use(
    '*',
    hardened,
    observe(deps.log, (...of) => deps.operations.requested(...of)),
    contextStorage(),
    knowClient(settings.trustedProxies ?? []),
    prefixedOnly,
    securityText(settings.securityContact, deps.now),
    audited(deps.audit),
    bounded(settings.requestsPerMinute ?? 0, settings.ticks ?? (() => performance.now())),
    authorise(deps.access, wholeEstate),
  );
  const api = new OpenAPIHono({
    defaultHook: (result) => {
      if (!result.success) throw invalid(result.error);
    },
  });
  const latest = new LatestReadings(deps.timeseries, deps.now);
  deps.ledger.onStored((stored) => {
    for (const { reading } of stored) latest.seen(reading);
  });
  const months = new Months(deps.timeseries, wholeEstate);
  const forecasts = new Forecasts();
  const pastForecasts = new Forecasts();
  for (const kept of [months, forecasts, pastForecasts]) {
    deps.ledger.onWritten((batch) => kept.written(batch));
    deps.ledger.onRecomputed((of) => kept.changed(of));
  }

  const jsonLimit = bodyLimit({
    maxSize: JSON_BYTES,
    onError: () => {
      throw new ProblemError(413, `a body of JSON has at most ${JSON_BYTES / 2 ** 20} MiB`);
    },
  });
  api.use('*', apiHeaders, sameSiteOnly, async (c, next) => {
    const empty = !c.req.header('transfer-encoding') && Number(c.req.header('content-length') ?? 0) === 0;
    if (
      !c.req.raw.body ||
      (empty && !c.req.header('content-type')) ||
      OWN_BODY.has(`${c.req.method} ${c.req.path}`)
    )
      return next();
    if (!/^application\/json\s*(;|$)/i.test(c.req.header('content-type') ?? '')) {
      throw new ProblemError(415, 'Content-Type: the body is taken as application/json');
    }
    return jsonLimit(c, async () => {
      await shallow(c, next);
    });
  });

  const live = new LiveHub(deps, settings.live);
  deps.accounts.onRevoked((sessions) => live.end(sessions));
  deps.operations.watchLive(() => ({ clients: live.clients, limit: live.limit, dropped: live.dropped }));
  const parts = { app: api, deps, latest, months, forecasts, pastForecasts, live };
  addStatus(parts);
  addReadiness(parts);
  addOperations(parts);
  addConsumption(parts);
  addViews(parts);
  addBalance(parts);
  addMeters(parts);
  addStatements(parts);
  addGround(parts);
  addFindings(parts);
  addReadings(parts);
  addImport(parts);
  addLive(parts);
  addQuarantine(parts);
  addEstate(parts);
  addProfiles(parts);
  addDevices(parts);
  addPolicy(parts);
  addAttributes(parts);
  addBook(parts);
  addBookFiles(parts);
  addIndicators(parts);
  addQuotas(parts);
  addExplanations(parts);
  addTargets(parts);
  addForecast(parts);
  addPlans(parts);
  addChecks(parts);
  addForms(parts);
  addCompliance(parts);
  addBatches(parts);
  addFilings(parts);
  addFiling(parts);
  addFilingDocuments(parts);
  addReports(parts);
  addSession(parts);
  addOwnAccount(parts);
  addSetup(parts);
  addPeople(parts);
  addTokens(parts);
  addAudit(parts);
  addBackup(parts);
  addVerify(parts);
  app.route(API, api);
  app.get(`${API}/openapi.json`, (c) => c.json(documentOf(app, deps.version)));

  addMetrics(app, deps);
  const methods = methodsByPath(app);
  const nothing = `${API}/*`;
  app.all(nothing, (c) => unknown(c.req.method, c.req.path, methods));
  app.all('/api/*', (c) => unknown(c.req.method, c.req.path, methods));
  app.on(['GET', 'HEAD'], '*', serveStatic(deps.webRoot));
  app.notFound((c) => problemResponse(c, new ProblemError(404, `nothing at ${c.req.path}`)));
  installErrors(app, deps.log);
  installErrors(api, deps.log);
  return app;
}

/** The methods that the routes of the document answer to, with a pattern of their path. */
function methodsByPath(app: OpenAPIHono): { pattern: RegExp; methods: string[] }[] {
  const { paths } = app.getOpenAPI31Document({ openapi: '3.1.0', info: { title: '', version: '' } });
  return Object.entries(paths ?? {}).map(([path, item]) => ({
    pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{[^}]+\}/g, '[^/]+')}$`),
    methods: Object.keys(item ?? {}).map((m) => m.toUpperCase()),
  }));
}

function unknown(
  method: string,
  path: string,
  known: readonly { pattern: RegExp; methods: string[] }[],
): never {
  const methods = known.filter((k) => k.pattern.test(path)).flatMap((k) => k.methods);
  if (methods.length === 0)
    throw new ProblemError(404, `no route ${path}; they are listed at ${API}/openapi.json`);
  const allow = methods.includes('GET') ? [...methods, 'HEAD'].join(', ') : methods.join(', ');
  throw new ProblemError(405, `${path} does not take ${method}, only ${allow}`, undefined, { allow });
}
