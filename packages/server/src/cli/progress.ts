/** A progress bar on stderr: redrawn in place on a terminal, a line every tenth elsewhere. */
export interface ProgressBar {
  /** Shows how much of a step is done; `total` null while unknown. */
  show(step: string, done: number, total: number | null): void
  /** Ends the line of the current step. */
  finish(): void
}

const WIDTH = 28
const NAME_WIDTH = 22

export function progressBar(stream: NodeJS.WriteStream = process.stderr): ProgressBar {
  let current = ''
  let lastTenth = -1

  function line(step: string, done: number, total: number | null): string {
    const name = step.padEnd(NAME_WIDTH)
    if (total === null) return `${name} ${done.toLocaleString('en')}`
    const share = total === 0 ? 1 : Math.min(1, done / total)
    const filled = Math.round(share * WIDTH)
    const bar = `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}`
    return `${name} ${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${done.toLocaleString('en')}`
  }

  function finish(): void {
    if (current && stream.isTTY) stream.write('\n')
    current = ''
    lastTenth = -1
  }

  return {
    show(step, done, total) {
      if (step !== current) finish()
      current = step
      if (stream.isTTY) {
        stream.write(`\r${line(step, done, total)}`)
        return
      }
      const tenth = total === null || total === 0 ? 0 : Math.floor((done / total) * 10)
      if (tenth === lastTenth) return
      lastTenth = tenth
      stream.write(`${line(step, done, total)}\n`)
    },
    finish,
  }
}
