import { useEffect, type ReactNode } from 'react'

/** The frame of the pages before the sign-in. */
export function SessionFrame(props: { title: string; children: ReactNode }) {
  useEffect(() => {
    document.title = `${props.title} · Foyer`
  }, [props.title])
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-88 flex-col justify-center gap-5 px-4 py-10">
      <p className="text-lg font-semibold">Foyer</p>
      <h1 className="text-xl font-semibold">{props.title}</h1>
      {props.children}
    </main>
  )
}

/** What went wrong with a form as a whole. */
export function FormError(props: { message: string | null }) {
  return (
    <div role="alert" className="text-bad">
      {props.message}
    </div>
  )
}
