// Shows the times on the page in the visitor's own zone and locale.

import { inWords, locale } from '../common/moments.js';

export const LOCALE = locale(document.documentElement.lang, navigator.languages);

for (const element of document.querySelectorAll('time.moment')) {
  if (element instanceof HTMLTimeElement) element.textContent = inWords(element.dateTime, LOCALE);
}
