import {
  behaviour,
  content,
  operational,
  type AnnotatedTable,
  type ColumnAnnotation,
} from '../../platform/data-map.ts'
import { subjectDenialData, subjectLinkData, subjectMergeData, subjectPersonData } from './schema.ts'

/**
 * Data map of what tracking keeps: who is who in RECORDS and EVENTS, the tables of EVENTS that the recorder fills, their
 * rollups, the journal and the recorder's own memory.
 *
 * Erasure of events deletes a subject's rows (after their negated contributions went into the key-less rollups). What
 * waits in the journal or in the recorder is gone within its own short time, and a tombstone refuses what comes late.
 */

/** Joins rows of one person or device. */
const subject: ColumnAnnotation = { ...behaviour, category: 'identifier' }
/** Coarse and readable. */
const trait: ColumnAnnotation = { ...behaviour, category: 'personal' }
/** Says how a row came to be; goes with it. */
const stamp: ColumnAnnotation = { ...behaviour, category: 'operational', isExported: false }
/** Sums without people: they stay. */
const sum: ColumnAnnotation = { ...content, purpose: 'analytics', retention: 'forever' }
const bill: ColumnAnnotation = { ...behaviour, purpose: 'billing' }
/** In flight: gone when it is recorded, and never later than the high-water mark allows. */
const inFlight: ColumnAnnotation = { ...behaviour, purpose: 'service', retention: '7d', isExported: false }

const events: AnnotatedTable = {
  store: 'events',
  table: 'events',
  columns: {
    event_id: stamp,
    ts: behaviour,
    device_ts: behaviour,
    received_at: stamp,
    local_date: behaviour,
    service: behaviour,
    app: behaviour,
    subject,
    is_signed_in: behaviour,
    consent_mask: stamp,
    ledger_seq: stamp,
    source: stamp,
    party: stamp,
    type: behaviour,
    name: behaviour,
    device: subject,
    platform: trait,
    device_class: trait,
    os: trait,
    browser: trait,
    vendor: trait,
    model: trait,
    app_version: trait,
    country: trait,
    content_id: behaviour,
    content_kind: behaviour,
    content_type: behaviour,
    view_id: subject,
    visit_id: subject,
    seq: stamp,
    position_ms: behaviour,
    rate: behaviour,
    bytes: bill,
    referrer_host: behaviour,
    properties: behaviour,
  },
}

const viewRevision: AnnotatedTable = {
  store: 'events',
  table: 'view_revision',
  columns: {
    sign: stamp,
    bucket: behaviour,
    local_date: behaviour,
    service: behaviour,
    app: behaviour,
    view_id: subject,
    subject,
    consent_mask: stamp,
    ledger_seq: stamp,
    device: subject,
    platform: trait,
    device_class: trait,
    country: trait,
    content_id: behaviour,
    content_kind: behaviour,
    content_type: behaviour,
    starts: behaviour,
    streams: behaviour,
    played_ms: behaviour,
    stalled_ms: behaviour,
    unknown_ms: behaviour,
    written_at: stamp,
  },
}

const contentRollup: AnnotatedTable = {
  store: 'events',
  table: 'content',
  columns: {
    bucket: sum,
    local_date: sum,
    service: sum,
    content_id: sum,
    content_kind: sum,
    content_type: sum,
    platform: sum,
    country: sum,
    starts: sum,
    streams: sum,
    played_ms: sum,
    stalled_ms: sum,
  },
}

const subjectTitleDay: AnnotatedTable = {
  store: 'events',
  table: 'subject_title_day',
  columns: {
    local_date: behaviour,
    service: behaviour,
    content_id: behaviour,
    content_kind: behaviour,
    subject,
    consent_mask: stamp,
    starts: behaviour,
    streams: behaviour,
    played_ms: behaviour,
  },
}

const subjectDay: AnnotatedTable = {
  store: 'events',
  table: 'subject_day',
  columns: {
    local_date: behaviour,
    service: behaviour,
    platform: trait,
    country: trait,
    subject,
    consent_mask: stamp,
    events: behaviour,
    starts: behaviour,
    streams: behaviour,
    played_ms: behaviour,
  },
}

const bytesDay: AnnotatedTable = {
  store: 'events',
  table: 'bytes_day',
  columns: {
    local_date: bill,
    service: bill,
    app: bill,
    subject: { ...bill, category: 'identifier' },
    consent_mask: { ...stamp, purpose: 'billing' },
    content_id: bill,
    content_kind: bill,
    bytes: bill,
  },
}

/** EVENTS' copy of RECORDS' `subject_person`. */
const personOf: AnnotatedTable = {
  store: 'events',
  table: 'person_of',
  columns: {
    subject: { ...subject, retention: 'account', isExported: false },
    person: { ...subject, retention: 'account', isExported: false },
    denied: { ...stamp, retention: 'account' },
    is_deleted: { ...stamp, retention: 'account' },
    version: { ...stamp, retention: 'account' },
  },
}

const qualityDay: AnnotatedTable = {
  store: 'events',
  table: 'quality_day',
  columns: {
    local_date: sum,
    service: sum,
    platform: sum,
    device_class: sum,
    starts: sum,
    streams: sum,
    played_ms: sum,
    stalled_ms: sum,
    unknown_ms: sum,
  },
}

/** The journal: one entry a request. */
const journal: AnnotatedTable = {
  store: 'journal',
  table: 'entries',
  columns: { position: operational, entry: inFlight },
}

/** The recorder's memory. */
const recorder: AnnotatedTable = {
  store: 'journal',
  table: 'recorder',
  columns: {
    /** Hashes of message ids: 7 days, imports for ever. */
    seen: { ...operational, retention: '9d' },
    /** Folds of open views and what was written of them, until a day after their last event. */
    views: { ...inFlight, retention: '1d' },
    /** Subjects of devices by pseudonym. */
    devices: { ...subject, purpose: 'service', isExported: false },
    /** Rows of the batch under way. */
    sealed: { ...inFlight, retention: '1d' },
    cursor: operational,
    /** Entries and rows that could not be recorded, in a folder, for an engineer to look at. */
    set_aside: { ...inFlight, retention: '30d' },
  },
}

/** Every table of this module. */
export const trackingData: readonly AnnotatedTable[] = [
  events,
  viewRevision,
  contentRollup,
  subjectTitleDay,
  subjectDay,
  bytesDay,
  qualityDay,
  subjectLinkData,
  subjectMergeData,
  subjectDenialData,
  subjectPersonData,
  personOf,
  journal,
  recorder,
]
