/** Where a client reached us, and so where it shall send: `host` with its port. */
export interface Origin {
  readonly host: string
  readonly protocol: string
}

/**
 * What Segment's `analytics-next` loads from `/v1/projects/:writeKey/settings` before it sends anything: one destination,
 * which is this server, and neither plugins nor reports of its own to anybody else.
 */
export function segmentSettings(writeKey: string, origin: Origin): object {
  return {
    integrations: {
      'Segment.io': {
        apiKey: writeKey,
        apiHost: `${origin.host}/v1`,
        protocol: origin.protocol,
        unbundledIntegrations: [],
        addBundledMetadata: false,
        maybeBundledConfigIds: {},
        versionSettings: { version: '4.4.7', componentTypes: ['browser'] },
      },
    },
    plan: {
      track: { __default: { enabled: true, integrations: {} } },
      identify: { __default: { enabled: true } },
      group: { __default: { enabled: true } },
    },
    edgeFunction: {},
    analyticsNextEnabled: true,
    middlewareSettings: {},
    enabledMiddleware: {},
    legacyVideoPluginsEnabled: false,
    remotePlugins: [],
    autoInstrumentationSettings: { sampleRate: 0 },
    metrics: { sampleRate: 0 },
  }
}

/** What RudderStack's browser client loads from `/sourceConfig`: this server as data plane, and no destinations. */
export function rudderSourceConfig(app: string, origin: Origin): object {
  const url = `${origin.protocol}://${origin.host}`
  return {
    source: {
      id: app,
      name: app,
      workspaceId: 'foyer',
      enabled: true,
      config: {
        statsCollection: { errors: { enabled: false }, metrics: { enabled: false } },
      },
      connections: [],
      destinations: [],
      dataplanes: { DEFAULT: [{ url, default: true }] },
    },
  }
}
