import { defineSettings, text } from '../settings.ts'

export const mailSettings = defineSettings({
  url: {
    env: 'FOYER_MAIL_URL',
    schema: text.refine(
      (value) => value === '' || /^smtps?:\/\/[^/?#]+$/.test(value),
      'smtp(s)://user:password@host:port',
    ),
    default: '',
    sentence:
      'Server that takes letters to viewers, such as `smtps://user:password@mail.example.com:465`; empty: letters wait for a day, and `foyer letters` shows them.',
    isSecret: true,
  },
  from: {
    env: 'FOYER_MAIL_FROM',
    schema: text.refine(
      (value) => /^[^\s@<>,;:"]+@[^\s@<>,;:"]+$/.test(value),
      'an address such as noreply@example.com',
    ),
    default: 'foyer@localhost',
    sentence: 'Address that letters come from; the name beside it is that of the service.',
  },
})
