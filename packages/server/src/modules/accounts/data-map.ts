import { operational, personal, type AnnotatedTable, type ColumnAnnotation } from '../../platform/data-map.ts'
import {
  appData,
  externalIdData,
  identifyClaimData,
  serviceData,
  serviceRevisionData,
  viewerData,
  viewerSubjectData,
  viewerTokenSecretData,
  writeKeyData,
} from './schema.ts'

/** A copy for reports: the viewer's own data is exported from RECORDS. */
const copied: ColumnAnnotation = { ...personal, isExported: false }

/** EVENTS' copy of what is coarse in RECORDS' `viewer`: written by `projection.ts`. */
const publishedViewerData: AnnotatedTable = {
  store: 'events',
  table: 'viewer',
  columns: {
    vid: { ...copied, category: 'identifier' },
    version: { ...operational, purpose: 'service', retention: 'account', erasure: 'delete' },
    is_deleted: { ...operational, purpose: 'service', retention: 'account', erasure: 'delete' },
    service: copied,
    registered_at: copied,
    gender: copied,
    age_at_registration: copied,
    country: copied,
    region: copied,
    city: copied,
    consent_mask: { ...copied, category: 'operational' },
  },
}

/** Every table of this module, in both stores. */
export const accountsData: readonly AnnotatedTable[] = [
  serviceData,
  serviceRevisionData,
  appData,
  writeKeyData,
  viewerTokenSecretData,
  viewerData,
  viewerSubjectData,
  externalIdData,
  identifyClaimData,
  publishedViewerData,
]
