import { timeOfDay } from '../../common/moments.js';
import { text } from '../../common/texts.js';
import { isMentioned, mentions } from '../../room/chat/mentions.js';
import { make } from '../dom.js';
import { linked } from '../linked.js';
import { LOCALE } from '../moments.js';

/** So much of a quoted line is shown. */
const QUOTED = 120;

/**
 * @typedef {import('../../common/types.js').ChatLine} ChatLine
 * @typedef {object} Around what the appearance of a line depends on, beside itself
 * @property {boolean} mine
 * @property {boolean} same it follows another one of this person
 * @property {string} me this person's own name
 * @property {Iterable<string>} names of people who may be mentioned
 * @property {ChatLine | undefined} quoted the line that this one answers
 * @property {() => void} toQuoted
 */

/**
 * @param {ChatLine} line
 * @param {Around} around
 */
export function lineItem(line, around) {
  const { mine, same, quoted } = around;
  const clock = timeOfDay(line.sent, LOCALE);
  const time = make('time', '', clock);
  time.dateTime = line.sent;
  const who = make('div', 'who', make('bdi', '', line.name), time);
  /** @type {HTMLElement[]} */
  const parts = line.deleted ? [deletedWords(line)] : [words(...marked(line.text, around))];
  if (line.reply_to && !line.deleted) parts.unshift(quote(quoted, around.toQuoted));
  if (line.edited && !line.deleted) parts.push(make('p', 'edited', editedBy(line)));
  const item = make('div', 'line', who, ...parts);
  item.classList.toggle('same', same);
  item.classList.toggle('mine', mine);
  item.classList.toggle('to-me', !mine && !line.deleted && isMentioned(line.text, around.me));
  item.classList.toggle('deleted', Boolean(line.deleted));
  item.tabIndex = -1;
  item.dataset.number = String(line.number);
  item.setAttribute('role', 'article');
  item.setAttribute('aria-label', `${mine ? text('chat.you') : line.name}, ${clock}`);
  return item;
}

/**
 * Links and mentions in a text.
 *
 * @param {string} content
 * @param {Around} around
 */
function marked(content, { names, me }) {
  /** @type {(Node | string)[]} */
  const shown = [];
  for (const part of linked(content)) {
    if (typeof part !== 'string') shown.push(part);
    else for (const named of mentions(part, [me, ...names])) shown.push(mention(named, me));
  }
  return shown;
}

/**
 * @param {import('../../room/chat/mentions.js').Part} part
 * @param {string} me
 */
function mention({ text: shown, name }, me) {
  return name ? make('mark', name === me ? 'mention me' : 'mention', shown) : shown;
}

/**
 * @param {ChatLine | undefined} line
 * @param {() => void} go
 */
function quote(line, go) {
  const shown = line ? quotedWords(line) : text('chat.quote.older');
  const button = make('button', 'quote', make('span', 'visually-hidden', text('chat.answers')));
  if (line) button.append(make('bdi', 'quoted-name', line.name));
  button.append(make('span', 'quoted-words', shown));
  button.type = 'button';
  button.disabled = !line;
  button.onclick = go;
  return button;
}

/** @param {ChatLine} line */
export function quotedWords(line) {
  if (line.deleted) return deletedText(line);
  const all = [...line.text.replace(/\s+/g, ' ')];
  return all.length > QUOTED ? `${all.slice(0, QUOTED).join('')}…` : all.join('');
}

/** @param {ChatLine} line */
function editedBy({ changed_by: name }) {
  return name ? text('chat.edited.by', { name }) : text('chat.edited');
}

/** @param {ChatLine} line */
export function deletedText({ changed_by: name }) {
  return name ? text('chat.deleted.by', { name }) : text('chat.deleted');
}

/** @param {ChatLine} line */
function deletedWords(line) {
  return make('p', 'words quiet', deletedText(line));
}

/** @param {string} content an own line that the server has not accepted yet */
export function pendingItem(content) {
  const unsent = make('time', '', text('chat.unsent'));
  return make('div', 'line own mine pending quiet', words(content), unsent);
}

/** @param {(Node | string)[]} content a person's text; each line gets its own direction */
export function words(...content) {
  const element = make('p', 'words', ...content);
  element.dir = 'auto';
  return element;
}

/**
 * What the server refused: it goes back into the field, or is discarded.
 *
 * @param {string} problem
 * @param {() => void} again
 * @param {() => void} drop
 */
export function refusal(problem, again, drop) {
  const edit = make('button', 'button', text('chat.edit'));
  const discard = make('button', 'button plain', text('chat.discard'));
  edit.type = discard.type = 'button';
  edit.onclick = again;
  discard.onclick = drop;
  return [make('p', 'why', problem), make('div', 'actions', edit, discard)];
}
