// The chat as a text file. Pure.

/** @typedef {import('../../common/types.js').ChatLine} ChatLine */

/**
 * @param {readonly ChatLine[]} lines
 * @param {(line: ChatLine) => string} wordsOf what to write for a line
 */
export function chatText(lines, wordsOf) {
  return lines.map((line) => `[${moment(line.sent)}] ${line.name}: ${indented(wordsOf(line))}\n`)
    .join('');
}

/**
 * Further lines are indented, so that nobody can write a line in another's name.
 *
 * @param {string} words
 */
const indented = (words) => words.replaceAll('\n', '\n    ');

/**
 * As in 2026-12-24 18:00, by the clock of this computer.
 *
 * @param {string} sent
 */
function moment(sent) {
  const date = new Date(sent);
  const two = (/** @type {number} */ number) => String(number).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
