import { formatRange } from '../../lib/format.ts'
import { Empty } from '../../ui/states.tsx'

export function NothingWatched(props: { report: { from: string; to: string } }) {
  return (
    <Empty title="Nothing was watched">
      <p>No playback was recorded in {formatRange(props.report)}. Choose other dates above.</p>
    </Empty>
  )
}
