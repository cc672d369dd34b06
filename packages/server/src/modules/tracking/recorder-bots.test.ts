import { purposeMask } from '@foyer/contracts'
import { describe, expect, test } from 'vitest'
import { playback, useRecorderStore } from '../../../test/recorder-store.ts'

const { open, rowsOf } = useRecorderStore()

const ALLOWED = purposeMask(['service', 'security', 'billing', 'analytics', 'recommendation'])
const UNASKED = purposeMask(['service', 'security', 'billing'])
const GOOGLEBOT = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'

const VIEW = [
  { type: 'play', monoMs: 0, positionMs: 0 },
  { type: 'first_frame', monoMs: 100, positionMs: 0 },
  { type: 'pause', monoMs: 8_100, positionMs: 8_000 },
]

describe('machines', () => {
  test('keep only the purposes that need no consent, on their events and on their views', async () => {
    const subject = open()
    await subject.append(
      { app: 'bots', userAgent: GOOGLEBOT, defaultMask: ALLOWED, keyKind: 'browser' },
      playback('by-bot', VIEW),
    )
    await subject.append(
      { app: 'bots', userAgent: 'MyTV/2.0', defaultMask: ALLOWED, keyKind: 'browser' },
      playback('by-person', VIEW),
    )
    await subject.recorder.drain()
    for (const table of ['events', 'view_revision']) {
      const rows = await rowsOf(
        `SELECT DISTINCT view_id, device_class, consent_mask FROM ${table} WHERE app = {app:String} ORDER BY view_id`,
        'bots',
      )
      expect(rows).toEqual([
        { view_id: 'by-bot', device_class: 'bot', consent_mask: UNASKED },
        { view_id: 'by-person', device_class: 'unknown', consent_mask: ALLOWED },
      ])
    }
  })

  test('are told by their own word too, and not by a server that hands on what players told it', async () => {
    const subject = open()
    const own = playback('honest', VIEW)
    await subject.append(
      { app: 'words', userAgent: 'MyTV/2.0', defaultMask: ALLOWED, keyKind: 'browser' },
      { ...own, context: { ...own.context, device: { class: 'bot' } } },
    )
    await subject.append(
      { app: 'words', userAgent: 'python-requests/2.32.4', defaultMask: ALLOWED, keyKind: 'server' },
      playback('relayed', VIEW),
    )
    await subject.recorder.drain()
    expect(
      await rowsOf(
        'SELECT DISTINCT view_id, device_class, consent_mask FROM events WHERE app = {app:String} ORDER BY view_id',
        'words',
      ),
    ).toEqual([
      { view_id: 'honest', device_class: 'bot', consent_mask: UNASKED },
      { view_id: 'relayed', device_class: 'unknown', consent_mask: ALLOWED },
    ])
  })
})
