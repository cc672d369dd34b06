import type { Letter } from '../../platform/mail/index.ts'

/** What letters to viewers say, by language. English stands in for languages that are not here. */
const TEXTS = {
  en: {
    register: {
      subject: (service: string, code: string) => `${code} is your code for ${service}`,
      text: (service: string) => `Enter this code to finish your registration with ${service}:`,
    },
    known: {
      subject: (service: string, code: string) => `${code} is your code for ${service}`,
      text: (service: string) =>
        `You have an account with ${service} already. Enter this code to sign in; your password stays the one that you have.`,
    },
    reset: {
      subject: (service: string, code: string) => `${code} resets your password for ${service}`,
      text: (service: string) => `Enter this code to set a new password for ${service}:`,
    },
    unknown: {
      subject: (service: string) => `Your password for ${service}`,
      text: (service: string) =>
        `Somebody, perhaps you, asked for a new password, but no account of ${service} has this address. Perhaps you registered with another one.`,
    },
    validity: 'It is good for 15 minutes. Give it to nobody; we never ask for it.',
    notYou: 'If this was not you, you need do nothing.',
  },
  es: {
    register: {
      subject: (service: string, code: string) => `${code} es tu código para ${service}`,
      text: (service: string) => `Escribe este código para terminar tu registro en ${service}:`,
    },
    known: {
      subject: (service: string, code: string) => `${code} es tu código para ${service}`,
      text: (service: string) =>
        `Ya tienes una cuenta en ${service}. Escribe este código para entrar; tu contraseña sigue siendo la misma.`,
    },
    reset: {
      subject: (service: string, code: string) => `${code} restablece tu contraseña de ${service}`,
      text: (service: string) => `Escribe este código para elegir una nueva contraseña en ${service}:`,
    },
    unknown: {
      subject: (service: string) => `Tu contraseña de ${service}`,
      text: (service: string) =>
        `Alguien, quizá tú, pidió una nueva contraseña, pero ninguna cuenta de ${service} tiene esta dirección. Quizá te registraste con otra.`,
    },
    validity: 'Vale durante 15 minutos. No se lo des a nadie; nunca te lo pediremos.',
    notYou: 'Si no has sido tú, no tienes que hacer nada.',
  },
} as const

export interface Addressed {
  readonly to: string
  /** The service's name. */
  readonly service: string
  /** BCP 47; its first part decides. */
  readonly language: string
}

/** To whoever registers; to one who has an account the same letter says so. */
export function registrationLetter(letter: Addressed, code: string, isKnown: boolean): Letter {
  const texts = textsOf(letter.language)
  const { subject, text } = isKnown ? texts.known : texts.register
  return withCode(letter, subject(letter.service, code), text(letter.service), code)
}

/** To whoever forgot their password; null stands for an address without an account, which gets no code. */
export function passwordResetLetter(letter: Addressed, code: string | null): Letter {
  const texts = textsOf(letter.language)
  if (code !== null)
    return withCode(letter, texts.reset.subject(letter.service, code), texts.reset.text(letter.service), code)
  const { subject, text } = texts.unknown
  return {
    ...addressed(letter),
    subject: subject(letter.service),
    paragraphs: [{ text: text(letter.service) }, { text: texts.notYou }],
  }
}

function withCode(letter: Addressed, subject: string, text: string, code: string): Letter {
  const { validity, notYou } = textsOf(letter.language)
  return {
    ...addressed(letter),
    subject,
    paragraphs: [{ text }, { code }, { text: validity }, { text: notYou }],
  }
}

function addressed({ to, service, language }: Addressed) {
  return { to, from: service, language: keyOf(language) }
}

const keyOf = (language: string): keyof typeof TEXTS => {
  const first = language.toLowerCase().split('-')[0] ?? ''
  return first in TEXTS ? (first as keyof typeof TEXTS) : 'en'
}

function textsOf(language: string) {
  return TEXTS[keyOf(language)]
}
