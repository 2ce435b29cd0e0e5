/** Browsers by what they call themselves, the most particular first: all of them claim to be each other. */
const BROWSERS: readonly [RegExp, string][] = [
  [/MicroMessenger/, 'WeChat'],
  [/Edg(?:e|A|iOS)?\/(\d+)/, 'Edge'],
  [/(?:360SE|QihooBrowser|QHBrowser)/, '360'],
  [/Firefox\/(\d+)/, 'Firefox'],
  [/(?:Headless)?Chrome\/(\d+)/, 'Chrome'],
  [/Version\/(\d+).*Safari/, 'Safari'],
];
const SYSTEMS: readonly [RegExp, string][] = [
  [/HarmonyOS/, 'HarmonyOS'],
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
];

/** Browser, its version and system, as far as its own words tell; else those words, empty when there are none. */
export function agentName(agent: string): string {
  const browser = BROWSERS.map(([pattern, name]) => {
    const found = pattern.exec(agent);
    return found && (found[1] ? `${name} ${found[1]}` : name);
  }).find((name) => name !== null);
  const system = SYSTEMS.find(([pattern]) => pattern.test(agent))?.[1];
  return browser ? [browser, system].filter((part) => part !== undefined).join(' · ') : agent;
}
