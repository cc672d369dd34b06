/** Rows of EVENTS as the recorder writes them, one purpose a field: tests name only what they are about. */
export function eventRow(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    event_id: '01890a5d-ac96-774b-bcce-b302099a8057',
    ts: '2026-03-05 10:00:00.000',
    device_ts: '2026-03-05 10:00:00.000',
    received_at: '2026-03-05 10:00:01.000',
    local_date: '2026-03-05',
    service: 'cine',
    app: 'web',
    subject: '1',
    is_signed_in: false,
    consent_mask: 23,
    ledger_seq: '0',
    source: 'playback',
    party: 'first',
    type: 'playing',
    platform: 'web',
    country: 'DE',
    content_id: 't1',
    content_kind: 'vod',
    bytes: '0',
    properties: {},
    ...fields,
  }
}

export function viewRevisionRow(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    sign: 1,
    bucket: '2026-03-05 10:00:00',
    local_date: '2026-03-05',
    service: 'cine',
    app: 'web',
    view_id: 'v1',
    subject: '1',
    consent_mask: 23,
    ledger_seq: '0',
    device: '1',
    platform: 'web',
    device_class: 'desktop',
    country: 'DE',
    content_id: 't1',
    content_kind: 'vod',
    content_type: 'movie',
    starts: 1,
    streams: 1,
    played_ms: '60000',
    stalled_ms: '0',
    unknown_ms: '0',
    written_at: '2026-03-05 10:01:00.000',
    ...fields,
  }
}

export function ndjson(rows: readonly Record<string, unknown>[]): string {
  return rows.map((row) => JSON.stringify(row)).join('\n')
}
